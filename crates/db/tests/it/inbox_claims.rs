//! How workers share the inbox: a lease each, a fence against those that come back late.

use std::collections::HashSet;

use db::inbox::{self, ClaimedEvent, EventState, NewEvent, Wanted};
use db::{Db, DbError};
use domain::{Mode, StoreId};
use futures_util::future::join_all;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, event, new_store, now};

on_both_engines!(
    a_claim_tells_what_the_worker_needs,
    no_two_workers_get_one_event,
    a_lease_that_ran_out_is_claimed_again_and_fenced,
    a_retry_waits_until_its_time,
    waiting_events_resume_on_reconnect,
    only_open_events_are_claimed,
    the_oldest_due_come_first,
    each_store_gets_no_more_than_was_wanted_of_it,
    a_renewed_lease_holds_and_a_lost_one_is_told,
    a_claim_that_is_given_back_is_due_at_once,
    a_new_process_takes_over_on_sqlite_only,
);

async fn a_claim_tells_what_the_worker_needs(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let claimed = claim_one(db, store_id, now()).await;
    assert_eq!(claimed.store_id, store_id);
    assert_eq!(claimed.account_id, "acct_EXAMPLE");
    assert_eq!(claimed.mode, Mode::Test);
    assert_eq!(claimed.event_id, "evt_1");
    assert_eq!(claimed.event_type, "payment_intent.succeeded");
    assert_eq!(claimed.object_id.as_deref(), Some("pi_EXAMPLE"));
    assert_eq!(claimed.attempts, 1);

    assert!(finish(db, &claimed, EventState::Processed, None).await);
    assert!(!finish(db, &claimed, EventState::Processed, None).await);
    let stored = summary(db, store_id).await;
    assert_eq!((stored.state.as_str(), stored.attempts), ("processed", 1));
    assert_eq!(stored.last_error, None);
    assert_eq!(stored.processed_at, Some(after(7)));
}

async fn no_two_workers_get_one_event(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let batch: Vec<NewEvent> = (0..60)
        .map(|number| event(store_id, &format!("evt_{number}")))
        .collect();
    inbox::record(db, batch).await.unwrap();
    let workers = (0..12).map(|_| claim_patiently(db, store_id, 7));
    let claims: Vec<Vec<ClaimedEvent>> = join_all(workers).await;
    assert!(claims.iter().all(|claim| claim.len() <= 7));
    let taken: Vec<String> = claims
        .into_iter()
        .flatten()
        .map(|event| event.event_id)
        .collect();
    let distinct: HashSet<&String> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len());
    // Workers that skipped each other's rows may leave some for the next round.
    let left = claim_patiently(db, store_id, 100).await;
    assert_eq!(taken.len() + left.len(), 60);
}

async fn a_lease_that_ran_out_is_claimed_again_and_fenced(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let slow = claim_one(db, store_id, now()).await;
    assert!(
        claim(db, store_id, 10, after(90), after(59))
            .await
            .is_empty()
    );
    let next = claim_one(db, store_id, after(60)).await;
    assert_eq!(next.attempts, 2);

    assert!(!finish(db, &slow, EventState::Processed, None).await);
    assert!(!retry(db, &slow, after(61)).await);
    assert_eq!(summary(db, store_id).await.state, "processing");
    assert!(finish(db, &next, EventState::Parked, Some("gave_up")).await);
    let parked = summary(db, store_id).await;
    assert_eq!(parked.state, "parked");
    assert_eq!(parked.last_error.as_deref(), Some("gave_up"));
}

async fn a_retry_waits_until_its_time(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let claimed = claim_one(db, store_id, now()).await;
    assert!(retry(db, &claimed, after(300)).await);
    let stored = summary(db, store_id).await;
    assert_eq!(stored.state, "received");
    assert_eq!(stored.last_error.as_deref(), Some("stripe_down"));
    assert!(
        claim(db, store_id, 10, after(400), after(299))
            .await
            .is_empty()
    );
    assert_eq!(claim_one(db, store_id, after(300)).await.attempts, 2);
}

async fn waiting_events_resume_on_reconnect(database: TestDatabase) {
    let db = &database.db;
    let (store_id, other_store) = (new_store(db).await, new_store(db).await);
    let live = NewEvent {
        mode: Mode::Live,
        ..event(store_id, "evt_live")
    };
    let batch = vec![event(store_id, "evt_1"), event(other_store, "evt_2"), live];
    inbox::record(db, batch).await.unwrap();
    let both = [store_id, other_store].map(|store_id| Wanted {
        store_id,
        up_to: 10,
    });
    for claimed in inbox::claim(db, &both, after(60), now()).await.unwrap() {
        assert!(finish(db, &claimed, EventState::Waiting, Some("key_expired")).await);
    }
    let waiting = summary(db, store_id).await;
    assert_eq!(
        (waiting.state.as_str(), waiting.processed_at),
        ("waiting", None)
    );
    assert!(
        claim(db, store_id, 10, after(900), after(800))
            .await
            .is_empty()
    );

    let resumed = commit(db, async |conn| {
        inbox::resume_waiting(conn, store_id, Mode::Test, after(100)).await
    });
    assert_eq!(resumed.await.unwrap(), 1);
    let claimed = claim_one(db, store_id, after(100)).await;
    assert_eq!((claimed.store_id, claimed.mode), (store_id, Mode::Test));
}

async fn only_open_events_are_claimed(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let ignored = NewEvent {
        state: EventState::Ignored,
        ..event(store_id, "evt_1")
    };
    let future = NewEvent {
        received_at: after(1),
        ..event(store_id, "evt_2")
    };
    inbox::record(db, vec![ignored, future]).await.unwrap();
    assert!(claim(db, store_id, 10, after(60), now()).await.is_empty());
}

async fn the_oldest_due_come_first(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let batch = [30, 10, 20].map(|second| NewEvent {
        received_at: after(second),
        ..event(store_id, &format!("evt_{second}"))
    });
    inbox::record(db, batch.into()).await.unwrap();
    let claimed = claim(db, store_id, 2, after(160), after(100)).await;
    let mut ids: Vec<&str> = claimed
        .iter()
        .map(|event| event.event_id.as_str())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["evt_10", "evt_20"]);
}

async fn each_store_gets_no_more_than_was_wanted_of_it(database: TestDatabase) {
    let db = &database.db;
    let (flood, other, idle) = (
        new_store(db).await,
        new_store(db).await,
        new_store(db).await,
    );
    let mut batch: Vec<NewEvent> = (0..300)
        .map(|number| event(flood, &format!("evt_{number}")))
        .collect();
    batch.push(event(other, "evt_other"));
    inbox::record(db, batch).await.unwrap();
    let wanted =
        [(flood, 3), (other, 3), (idle, 3)].map(|(store_id, up_to)| Wanted { store_id, up_to });
    let claimed = inbox::claim(db, &wanted, after(60), now()).await.unwrap();
    let of = |store_id| {
        claimed
            .iter()
            .filter(|event| event.store_id == store_id)
            .count()
    };
    assert_eq!((of(flood), of(other), of(idle)), (3, 1, 0));
    assert!(
        inbox::claim(db, &[], after(60), now())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_renewed_lease_holds_and_a_lost_one_is_told(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let batch = ["evt_1", "evt_2", "evt_3"].map(|event_id| event(store_id, event_id));
    inbox::record(db, batch.into()).await.unwrap();
    let held = claim(db, store_id, 2, after(20), now()).await;
    let done = claim(db, store_id, 1, after(20), now()).await.remove(0);
    assert!(finish(db, &done, EventState::Processed, None).await);
    let of_all = [held.as_slice(), &[done]].concat();
    // What is done with is not held any more.
    assert_eq!(inbox::renew(db, &of_all, after(40)).await.unwrap(), [2]);
    assert!(
        claim(db, store_id, 10, after(60), after(39))
            .await
            .is_empty()
    );
    let taken = claim(db, store_id, 1, after(60), after(40)).await;
    let lost = held
        .iter()
        .position(|event| event.event_id == taken[0].event_id);
    assert_eq!(
        inbox::renew(db, &held, after(80)).await.unwrap(),
        [lost.unwrap()]
    );
    assert!(
        inbox::renew(db, &taken, after(80))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(inbox::renew(db, &[], after(80)).await.unwrap().is_empty());
}

async fn a_claim_that_is_given_back_is_due_at_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let held = claim_one(db, store_id, now()).await;
    assert!(
        inbox::renew(db, std::slice::from_ref(&held), after(1))
            .await
            .unwrap()
            .is_empty()
    );
    let next = claim_one(db, store_id, after(1)).await;
    assert_eq!(next.attempts, 2);
    assert!(!finish(db, &held, EventState::Processed, None).await);
}

async fn a_new_process_takes_over_on_sqlite_only(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1"), event(store_id, "evt_2")])
        .await
        .unwrap();
    let held = claim(db, store_id, 1, after(20), now()).await;
    let taken = inbox::take_over(db, after(1)).await.unwrap();
    let again = claim(db, store_id, 10, after(21), after(1)).await;
    if db.engine() == db::Engine::Sqlite {
        assert_eq!((taken, again.len()), (1, 2));
        assert!(!finish(db, &held[0], EventState::Processed, None).await);
    } else {
        // Another gateway may be at work on it.
        assert_eq!((taken, again.len()), (0, 1));
        assert!(finish(db, &held[0], EventState::Processed, None).await);
    }
}

/// Claims of one store.
async fn claim(
    db: &Db,
    store_id: StoreId,
    up_to: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Vec<ClaimedEvent> {
    let wanted = [Wanted { store_id, up_to }];
    inbox::claim(db, &wanted, lease_until, now).await.unwrap()
}

/// Claims what must be the store's only due event, for a minute.
async fn claim_one(db: &Db, store_id: StoreId, now: Timestamp) -> ClaimedEvent {
    let lease_until = now + jiff::SignedDuration::from_secs(60);
    let mut claimed = claim(db, store_id, 10, lease_until, now).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn claim_patiently(db: &Db, store_id: StoreId, up_to: i64) -> Vec<ClaimedEvent> {
    let wanted = [Wanted { store_id, up_to }];
    loop {
        match inbox::claim(db, &wanted, after(60), now()).await {
            Err(DbError::Unavailable(_)) => {}
            claimed => return claimed.unwrap(),
        }
    }
}

async fn finish(db: &Db, event: &ClaimedEvent, state: EventState, error: Option<&str>) -> bool {
    commit(db, async |conn| {
        inbox::finish(conn, event, state, error, after(7)).await
    })
    .await
    .unwrap()
}

async fn retry(db: &Db, event: &ClaimedEvent, next_attempt_at: Timestamp) -> bool {
    commit(db, async |conn| {
        inbox::retry_later(conn, event, "stripe_down", next_attempt_at).await
    })
    .await
    .unwrap()
}

async fn summary(db: &Db, store_id: StoreId) -> inbox::EventSummary {
    let mut conn = db.read().await.unwrap();
    let mut list = inbox::list_before(
        &mut conn,
        store_id,
        Mode::Test,
        &inbox::EventFilter::all(),
        None,
        10,
    )
    .await
    .unwrap();
    assert_eq!(list.len(), 1);
    list.remove(0)
}
