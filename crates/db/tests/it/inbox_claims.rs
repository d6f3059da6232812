//! How workers share the inbox: a lease each, a fence against those that come back late.

use std::collections::HashSet;

use db::inbox::{self, ClaimedEvent, EventState, NewEvent};
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
    next_due_is_the_nearest_of_retries_and_leases,
);

async fn a_claim_tells_what_the_worker_needs(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let claimed = claim_one(db, now()).await;
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
    let workers = (0..12).map(|_| claim_patiently(db, 7));
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
    let left = claim_patiently(db, 100).await;
    assert_eq!(taken.len() + left.len(), 60);
}

async fn a_lease_that_ran_out_is_claimed_again_and_fenced(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let slow = claim_one(db, now()).await;
    assert!(
        inbox::claim(db, 10, after(90), after(59))
            .await
            .unwrap()
            .is_empty()
    );
    let next = claim_one(db, after(60)).await;
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
    let claimed = claim_one(db, now()).await;
    assert!(retry(db, &claimed, after(300)).await);
    let stored = summary(db, store_id).await;
    assert_eq!(stored.state, "received");
    assert_eq!(stored.last_error.as_deref(), Some("stripe_down"));
    assert!(
        inbox::claim(db, 10, after(400), after(299))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(claim_one(db, after(300)).await.attempts, 2);
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
    for claimed in inbox::claim(db, 10, after(60), now()).await.unwrap() {
        assert!(finish(db, &claimed, EventState::Waiting, Some("key_expired")).await);
    }
    let waiting = summary(db, store_id).await;
    assert_eq!(
        (waiting.state.as_str(), waiting.processed_at),
        ("waiting", None)
    );
    assert!(
        inbox::claim(db, 10, after(900), after(800))
            .await
            .unwrap()
            .is_empty()
    );

    let resumed = commit(db, async |conn| {
        inbox::resume_waiting(conn, store_id, Mode::Test, after(100)).await
    });
    assert_eq!(resumed.await.unwrap(), 1);
    let claimed = claim_one(db, after(100)).await;
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
    assert!(
        inbox::claim(db, 10, after(60), now())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_oldest_due_come_first(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let batch = [30, 10, 20].map(|second| NewEvent {
        received_at: after(second),
        ..event(store_id, &format!("evt_{second}"))
    });
    inbox::record(db, batch.into()).await.unwrap();
    let claimed = inbox::claim(db, 2, after(160), after(100)).await.unwrap();
    let mut ids: Vec<&str> = claimed
        .iter()
        .map(|event| event.event_id.as_str())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["evt_10", "evt_20"]);
}

async fn next_due_is_the_nearest_of_retries_and_leases(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    assert_eq!(next_due(db).await, None);
    let batch = [20, 10].map(|second| NewEvent {
        received_at: after(second),
        ..event(store_id, &format!("evt_{second}"))
    });
    inbox::record(db, batch.into()).await.unwrap();
    assert_eq!(next_due(db).await, Some(after(10)));
    let first = claim_one(db, after(10)).await;
    assert_eq!(next_due(db).await, Some(after(20)));
    let second = claim_one(db, after(20)).await;
    assert_eq!(next_due(db).await, Some(after(70)));
    assert!(retry(db, &second, after(50)).await);
    assert_eq!(next_due(db).await, Some(after(50)));
    assert!(finish(db, &first, EventState::Processed, None).await);
    let second = claim_one(db, after(50)).await;
    assert!(finish(db, &second, EventState::Ignored, None).await);
    assert_eq!(next_due(db).await, None);
}

/// Claims what must be the only due event, for a minute.
async fn claim_one(db: &Db, now: Timestamp) -> ClaimedEvent {
    let lease_until = now + jiff::SignedDuration::from_secs(60);
    let mut claimed = inbox::claim(db, 10, lease_until, now).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn claim_patiently(db: &Db, limit: i64) -> Vec<ClaimedEvent> {
    loop {
        match inbox::claim(db, limit, after(60), now()).await {
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
    let mut list = inbox::list(&mut conn, store_id, Mode::Test, 10)
        .await
        .unwrap();
    assert_eq!(list.len(), 1);
    list.remove(0)
}

async fn next_due(db: &Db) -> Option<Timestamp> {
    let mut conn = db.read().await.unwrap();
    inbox::next_due(&mut conn).await.unwrap()
}
