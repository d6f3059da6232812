//! How far each account's events were listed, and which open payments are due to be looked at.

use std::collections::HashSet;

use db::connection_jobs::{self, Job};
use db::payment_checks;
use db::payments::{self, Payment, PaymentState, Purpose};
use db::reconcile_cursors::{self, Cursor, Pass};
use db::{Db, connections, inbox};
use domain::{CartId, Mode, PaymentId, StoreId};
use futures_util::future::join_all;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, event, new_payment, new_store, now};

on_both_engines!(
    a_cursor_begins_once_and_moves_only_from_where_it_was_read,
    a_cursor_is_its_accounts_own,
    open_payments_are_claimed_when_due,
    no_two_sweeps_get_one_payment,
    open_payments_of_a_store_are_listed_in_pages,
    a_payment_that_waits_makes_its_account_urgent,
    known_events_are_told_from_new_ones,
    a_run_that_is_skipped_counts_for_none,
);

const ACCOUNT: &str = "acct_EXAMPLE";

async fn connected_store(db: &Db) -> StoreId {
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        connections::put(conn, store_id, connection(Mode::Test), now()).await
    })
    .await
    .unwrap();
    store_id
}

fn complete(seen_until: Timestamp) -> Cursor {
    Cursor {
        seen_until,
        pass: None,
    }
}

fn under_way(seen_until: Timestamp, until: Timestamp, after: &str) -> Cursor {
    let after = after.to_owned();
    let pass = Some(Pass { until, after });
    Cursor { seen_until, pass }
}

async fn find(db: &Db, store_id: StoreId) -> Option<Cursor> {
    let mut conn = db.read().await.unwrap();
    reconcile_cursors::find(&mut conn, store_id, Mode::Test, ACCOUNT)
        .await
        .unwrap()
}

async fn start(db: &Db, store_id: StoreId, seen_until: Timestamp) {
    commit(db, async |conn| {
        reconcile_cursors::start(conn, store_id, Mode::Test, ACCOUNT, seen_until).await
    })
    .await
    .unwrap();
}

async fn advance(db: &Db, store_id: StoreId, from: &Cursor, to: &Cursor) -> bool {
    commit(db, async |conn| {
        reconcile_cursors::advance(conn, store_id, Mode::Test, ACCOUNT, from, to).await
    })
    .await
    .unwrap()
}

async fn a_cursor_begins_once_and_moves_only_from_where_it_was_read(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected_store(db).await;
    assert_eq!(find(db, store_id).await, None);
    start(db, store_id, now()).await;
    start(db, store_id, after(99)).await;
    let begun = complete(now());
    assert_eq!(find(db, store_id).await.as_ref(), Some(&begun));

    let first = under_way(now(), after(50), "evt_40");
    let second = under_way(now(), after(50), "evt_20");
    let done = complete(after(50));
    assert!(advance(db, store_id, &begun, &first).await);
    for stale in [
        &begun,
        &complete(after(1)),
        &second,
        &under_way(now(), after(51), "evt_40"),
        &under_way(after(1), after(50), "evt_40"),
    ] {
        assert!(!advance(db, store_id, stale, &done).await, "{stale:?}");
    }
    assert!(advance(db, store_id, &first, &second).await);
    assert_eq!(find(db, store_id).await.as_ref(), Some(&second));
    assert!(advance(db, store_id, &second, &done).await);
    assert!(!advance(db, store_id, &second, &done).await);
    assert_eq!(find(db, store_id).await, Some(done));
}

async fn a_cursor_is_its_accounts_own(database: TestDatabase) {
    let db = &database.db;
    let (one, other) = (connected_store(db).await, connected_store(db).await);
    start(db, one, now()).await;
    start(db, other, now()).await;
    assert!(advance(db, one, &complete(now()), &complete(after(9))).await);
    assert_eq!(find(db, other).await, Some(complete(now())));
    let mut conn = db.read().await.unwrap();
    let live = reconcile_cursors::find(&mut conn, one, Mode::Live, ACCOUNT).await;
    assert_eq!(live.unwrap(), None);
}

/// A payment that waits for its shopper; due 300 seconds after [`now`].
async fn open_payment(db: &Db, store_id: StoreId, intent: &str) -> Payment {
    let cart = Purpose::Cart(CartId::generate());
    let payment = new_payment(db, store_id, cart).await;
    let set = commit(db, async |conn| {
        payments::set_intent(conn, store_id, payment.id, intent, now()).await
    });
    assert!(set.await.unwrap());
    payment
}

async fn end(db: &Db, store_id: StoreId, intent: &str, state: PaymentState) {
    commit(db, async |conn| {
        let payment = payments::find_by_intent(conn, store_id, intent).await?;
        payments::set_state(conn, store_id, &payment.unwrap(), state, 0, now()).await
    })
    .await
    .unwrap();
}

async fn claim(db: &Db, limit: i64, seconds: i64) -> Vec<PaymentId> {
    let lease = after(seconds + 60);
    let due = payment_checks::claim(db, limit, lease, after(seconds)).await;
    due.unwrap().iter().map(|check| check.payment_id).collect()
}

async fn open_payments_are_claimed_when_due(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    new_payment(db, store_id, Purpose::Amount).await;
    let open = open_payment(db, store_id, "pi_1").await;
    let held = open_payment(db, store_id, "pi_2").await;
    for (intent, state) in [
        ("pi_2", PaymentState::Authorized),
        ("pi_3", PaymentState::Succeeded),
        ("pi_4", PaymentState::Canceled),
    ] {
        if intent != "pi_2" {
            open_payment(db, store_id, intent).await;
        }
        end(db, store_id, intent, state).await;
    }
    assert_eq!(claim(db, 10, 299).await, []);
    let due = payment_checks::claim(db, 10, after(360), after(300))
        .await
        .unwrap();
    let mut ids: Vec<_> = due.iter().map(|check| check.payment_id).collect();
    ids.sort();
    assert_eq!(ids, [open.id, held.id]);
    let check = due
        .iter()
        .find(|check| check.payment_id == open.id)
        .unwrap();
    assert_eq!(
        (
            check.store_id,
            check.mode,
            check.account_id.as_str(),
            check.payment_intent_id.as_str(),
            check.created_at
        ),
        (store_id, Mode::Test, ACCOUNT, "pi_1", now())
    );
    assert_eq!(claim(db, 10, 359).await, [], "held");
    assert_eq!(claim(db, 10, 360).await.len(), 2, "the lease ran out");
    commit(db, async |conn| {
        payment_checks::check_at(conn, store_id, &[open.id], after(900)).await?;
        payment_checks::check_at(conn, StoreId::generate(), &[held.id], after(900)).await
    })
    .await
    .unwrap();
    assert_eq!(claim(db, 10, 500).await, [held.id]);
    assert_eq!(claim(db, 1, 1000).await, [held.id], "the longest due first");
    assert_eq!(claim(db, 1, 1000).await, [open.id]);
}

async fn no_two_sweeps_get_one_payment(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for number in 0..20 {
        open_payment(db, store_id, &format!("pi_{number}")).await;
    }
    let claims = join_all((0..4).map(|_| claim(db, 6, 400))).await;
    assert!(claims.iter().all(|ids| ids.len() <= 6));
    let taken: Vec<PaymentId> = claims.into_iter().flatten().collect();
    let distinct: HashSet<&PaymentId> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len());
    assert_eq!(taken.len() + claim(db, 100, 400).await.len(), 20);
}

async fn open_payments_of_a_store_are_listed_in_pages(database: TestDatabase) {
    let db = &database.db;
    let (store_id, other) = (new_store(db).await, new_store(db).await);
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(open_payment(db, store_id, &format!("pi_{number}")).await.id);
        open_payment(db, other, &format!("pi_{number}")).await;
    }
    end(db, store_id, "pi_2", PaymentState::Canceled).await;
    made.remove(2);
    let mut listed = Vec::new();
    loop {
        let mut conn = db.read().await.unwrap();
        let after = listed.last().copied();
        let page = payment_checks::list_open(&mut conn, store_id, now(), after, 3).await;
        let page = page.unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|payment| payment.id));
    }
    assert_eq!(listed, made);
    let mut conn = db.read().await.unwrap();
    let later = payment_checks::list_open(&mut conn, store_id, after(1), None, 3).await;
    assert!(later.unwrap().is_empty(), "they were begun before");
}

async fn a_payment_that_waits_makes_its_account_urgent(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let urgent = async |account_id, since| {
        let mut conn = db.read().await.unwrap();
        let mode = Mode::Test;
        payment_checks::any_open_since(&mut conn, store_id, mode, account_id, since)
            .await
            .unwrap()
    };
    assert!(!urgent(ACCOUNT, now()).await);
    open_payment(db, store_id, "pi_1").await;
    assert!(urgent(ACCOUNT, now()).await);
    assert!(!urgent(ACCOUNT, after(1)).await);
    assert!(!urgent("acct_OTHER", now()).await);
    end(db, store_id, "pi_1", PaymentState::Succeeded).await;
    assert!(!urgent(ACCOUNT, now()).await);
}

async fn known_events_are_told_from_new_ones(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut older = event(store_id, "evt_2");
    older.created_at = after(-40 * 86_400);
    inbox::record(db, vec![event(store_id, "evt_1"), older])
        .await
        .unwrap();
    let known = async |account_id, candidates: &[(&str, Timestamp)]| {
        let mut conn = db.read().await.unwrap();
        let known = inbox::known(&mut conn, store_id, Mode::Test, account_id, candidates).await;
        known.unwrap()
    };
    let candidates = [
        ("evt_1", now()),
        ("evt_2", after(-40 * 86_400)),
        ("evt_3", now()),
    ];
    let both = HashSet::from(["evt_1".to_owned(), "evt_2".to_owned()]);
    assert_eq!(known(ACCOUNT, &candidates).await, both);
    assert!(known("acct_OTHER", &candidates).await.is_empty());
    assert!(known(ACCOUNT, &[]).await.is_empty());
}

async fn a_run_that_is_skipped_counts_for_none(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected_store(db).await;
    let (mode, job) = (Mode::Test, Job::Reconcile);
    commit(db, async |conn| {
        connection_jobs::schedule(conn, store_id, mode, ACCOUNT, job, now()).await
    })
    .await
    .unwrap();
    let claimed = connection_jobs::claim(db, job, 5, after(60), now()).await;
    let claimed = claimed.unwrap().remove(0);
    let skip = async |seconds| {
        commit(db, async |conn| {
            connection_jobs::skip(conn, &claimed, after(seconds)).await
        })
        .await
        .unwrap()
    };
    assert!(skip(4).await);
    let mut conn = db.read().await.unwrap();
    let state = connection_jobs::find(&mut conn, store_id, mode, ACCOUNT, job).await;
    let state = state.unwrap().unwrap();
    assert_eq!((state.next_run_at, state.last_run_at), (after(4), None));
    drop(conn);
    let next = connection_jobs::claim(db, job, 5, after(90), after(4)).await;
    assert_eq!(next.unwrap().len(), 1);
    assert!(!skip(8).await, "somebody else has it now");
}
