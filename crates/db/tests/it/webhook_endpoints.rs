//! What is stored about our endpoint at Stripe, its secrets, and what arrives at it.

use db::Db;
use db::connection_jobs::{self, Job};
use db::connections::{self, AccountFacts};
use db::inbox::{self, Source};
use db::webhook_endpoints::{self, RegisteredEndpoint};
use db::webhook_secrets::{self, NewSecret};
use domain::{Mode, StoreId};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, event, new_store, now, sealed};

on_both_engines!(
    an_endpoint_is_replaced_and_forgotten,
    our_secrets_and_pasted_ones_do_not_end_each_other,
    a_job_that_is_taken_is_nobody_elses,
    arrivals_tell_what_was_fetched_and_what_was_ignored,
    a_key_is_accepted_again_once,
);

const ACCOUNT: &str = "acct_EXAMPLE";
const MODE: Mode = Mode::Test;

async fn connected(db: &Db) -> StoreId {
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        connections::put(conn, store_id, connection(MODE), now()).await
    })
    .await
    .unwrap();
    store_id
}

fn endpoint(id: &str) -> RegisteredEndpoint {
    RegisteredEndpoint {
        mode: MODE,
        account_id: ACCOUNT.to_owned(),
        endpoint_id: id.to_owned(),
        url: "https://pay.example.com/webhook".to_owned(),
        api_version: "2026-10-28.endive".to_owned(),
        registered_at: now(),
        first_delivery_at: None,
    }
}

async fn an_endpoint_is_replaced_and_forgotten(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    let find = async || {
        let mut conn = db.read().await.unwrap();
        webhook_endpoints::find(&mut conn, store_id, MODE, ACCOUNT)
            .await
            .unwrap()
    };
    assert_eq!(find().await, None);
    for id in ["we_1", "we_2"] {
        commit(db, async |conn| {
            webhook_endpoints::put(conn, store_id, endpoint(id)).await
        })
        .await
        .unwrap();
        assert_eq!(find().await, Some(endpoint(id)));
    }
    let mark = |id: &'static str| {
        commit(db, async move |conn| {
            webhook_endpoints::mark_delivered(conn, store_id, MODE, id, after(5)).await
        })
    };
    assert!(!mark("we_1").await.unwrap());
    assert!(mark("we_2").await.unwrap());
    assert!(!mark("we_2").await.unwrap());
    let delivered = find().await.unwrap();
    assert_eq!(delivered.first_delivery_at, Some(after(5)));
    assert!(delivered.has_delivered(None));
    let fresh = endpoint("we_2");
    assert!(!fresh.has_delivered(None));
    assert!(!fresh.has_delivered(Some(after(-1))));
    assert!(fresh.has_delivered(Some(now())));
}

async fn our_secrets_and_pasted_ones_do_not_end_each_other(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    let add = |version, endpoint_id| {
        let new = NewSecret {
            version,
            account_id: ACCOUNT,
            endpoint_id,
            secret: sealed("secret"),
        };
        commit(db, async move |conn| {
            webhook_secrets::add(conn, store_id, MODE, new.clone(), after(10), now()).await
        })
    };
    let newest_registered = async || {
        let mut conn = db.read().await.unwrap();
        webhook_secrets::newest_registered(&mut conn, store_id, MODE, ACCOUNT)
            .await
            .unwrap()
    };
    let valid_later = async || -> Vec<i64> {
        let mut conn = db.read().await.unwrap();
        let valid = webhook_secrets::list_valid(&mut conn, store_id, after(10)).await;
        valid.unwrap().iter().map(|one| one.version).collect()
    };
    add(1, None).await.unwrap();
    assert_eq!(newest_registered().await, 0);
    add(2, Some("we_1")).await.unwrap();
    assert_eq!(valid_later().await, [2, 1]);
    add(3, None).await.unwrap();
    assert_eq!(valid_later().await, [3, 2]);
    assert_eq!(newest_registered().await, 2);
    add(4, Some("we_2")).await.unwrap();
    assert_eq!(valid_later().await, [4, 3]);
    commit(db, async |conn| {
        webhook_secrets::make_newest(conn, store_id, MODE, ACCOUNT, 1, after(10)).await
    })
    .await
    .unwrap();
    assert_eq!(valid_later().await, [4, 1]);
}

async fn a_job_that_is_taken_is_nobody_elses(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    let take = || {
        commit(db, async move |conn| {
            connection_jobs::take(conn, store_id, MODE, ACCOUNT, Job::Health, after(60)).await
        })
    };
    let first = take().await.unwrap();
    let claim = async |now| {
        connection_jobs::claim(db, Job::Health, 9, after(300), now)
            .await
            .unwrap()
    };
    assert!(claim(after(59)).await.is_empty());
    let second = take().await.unwrap();
    let finish = |job: connection_jobs::ClaimedJob| {
        commit(db, async move |conn| {
            connection_jobs::finish(conn, &job, after(3600), None, now()).await
        })
    };
    assert!(!finish(first).await.unwrap());
    assert!(finish(second).await.unwrap());
    assert!(claim(after(61)).await.is_empty());
    assert_eq!(claim(after(3600)).await.len(), 1);
}

async fn arrivals_tell_what_was_fetched_and_what_was_ignored(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    let mut fetched = event(store_id, "evt_1");
    fetched.source = Source::Reconcile;
    (fetched.created_at, fetched.received_at) = (after(10), after(100));
    let mut delivered = event(store_id, "evt_2");
    (delivered.created_at, delivered.received_at) = (after(20), after(20));
    delivered.last_error = Some("mode_mismatch".to_owned());
    inbox::record(db, vec![fetched, delivered]).await.unwrap();
    let mut conn = db.read().await.unwrap();
    for (since, made_before, expected) in [
        (0, 50, Some(after(10))),
        (100, 50, Some(after(10))),
        (101, 50, None),
        (0, 10, None),
    ] {
        let (since, before) = (after(since), after(made_before));
        let newest = inbox::newest_fetched(&mut conn, store_id, MODE, ACCOUNT, since, before).await;
        assert_eq!(newest.unwrap(), expected, "{since} {before}");
    }
    for (since, expected) in [(20, Some(after(20))), (21, None)] {
        let newest =
            inbox::newest_delivered(&mut conn, store_id, MODE, ACCOUNT, after(since)).await;
        assert_eq!(newest.unwrap(), expected, "{since}");
    }
    for (reason, since, expected) in [
        ("mode_mismatch", 20, Some(after(20))),
        ("mode_mismatch", 21, None),
        ("other_account", 0, None),
    ] {
        let since = after(since);
        let newest = inbox::newest_ignored(&mut conn, store_id, MODE, ACCOUNT, reason, since).await;
        assert_eq!(newest.unwrap(), expected, "{reason} {since}");
    }
}

async fn a_key_is_accepted_again_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    let accept = |version| {
        commit(db, async move |conn| {
            connections::mark_key_accepted(conn, store_id, MODE, version).await
        })
    };
    assert!(!accept(1).await.unwrap());
    let facts = AccountFacts {
        country: Some("FR".to_owned()),
        default_currency: None,
        charges_enabled: false,
    };
    commit(db, async |conn| {
        connections::mark_reconnect_needed(conn, store_id, MODE, 1, "key_refused").await?;
        connections::set_account_facts(conn, store_id, MODE, ACCOUNT, facts.clone()).await
    })
    .await
    .unwrap();
    assert!(!accept(2).await.unwrap());
    assert!(accept(1).await.unwrap());
    assert!(!accept(1).await.unwrap());
    let mut conn = db.read().await.unwrap();
    let found = connections::find(&mut conn, store_id, MODE).await;
    let found = found.unwrap().unwrap();
    assert!(!found.reconnect_needed);
    assert_eq!(found.last_error, None);
    assert_eq!(found.country.as_deref(), Some("FR"));
    assert_eq!(
        (found.default_currency, found.charges_enabled),
        (None, false)
    );
}
