//! Events that a person makes due again.

use db::inbox::{self, ClaimedEvent, EventState, EventSummary, Wanted};
use db::{Db, connections};
use domain::{Mode, StoreId};
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, event, new_store, now};

on_both_engines!(
    a_replayed_event_is_due_at_once_with_a_new_round_of_tries,
    an_event_in_hand_is_not_replayed,
    another_store_replays_nothing,
);

async fn parked(db: &Db) -> (StoreId, EventSummary) {
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        connections::put(conn, store_id, connection(Mode::Test), now()).await
    })
    .await
    .unwrap();
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let claimed = claim(db, store_id, now()).await;
    commit(db, async |conn| {
        inbox::finish(conn, &claimed, EventState::Parked, Some("why"), now()).await
    })
    .await
    .unwrap();
    (store_id, find(db, store_id).await)
}

async fn claim(db: &Db, store_id: StoreId, now: Timestamp) -> ClaimedEvent {
    let wanted = [Wanted { store_id, up_to: 5 }];
    let lease_until = now + jiff::SignedDuration::from_mins(1);
    let mut claimed = inbox::claim(db, &wanted, lease_until, now).await.unwrap();
    claimed.pop().unwrap()
}

async fn find(db: &Db, store_id: StoreId) -> EventSummary {
    let mut conn = db.read().await.unwrap();
    let found = inbox::find(&mut conn, store_id, Mode::Test, "evt_1").await;
    found.unwrap().unwrap()
}

async fn requeue(db: &Db, store_id: StoreId, event: &EventSummary, now: Timestamp) -> bool {
    commit(db, async |conn| {
        inbox::requeue(conn, store_id, Mode::Test, event, now).await
    })
    .await
    .unwrap()
}

async fn a_replayed_event_is_due_at_once_with_a_new_round_of_tries(database: TestDatabase) {
    let db = &database.db;
    let (store_id, event) = parked(db).await;
    assert_eq!((event.tries(), event.attempts), (1, 1));
    for _ in 0..3 {
        let before = find(db, store_id).await;
        assert!(requeue(db, store_id, &before, after(9)).await);
        let replayed = find(db, store_id).await;
        assert_eq!((replayed.state.as_str(), replayed.tries()), ("received", 0));
        assert_eq!(
            (replayed.last_error.as_deref(), replayed.processed_at),
            (Some("why"), None)
        );
        assert!(
            replayed.attempts > before.attempts,
            "the fence only goes up"
        );
    }
    let claimed = claim(db, store_id, after(9)).await;
    assert_eq!(claimed.tries(), 1);
}

async fn an_event_in_hand_is_not_replayed(database: TestDatabase) {
    let db = &database.db;
    let (store_id, event) = parked(db).await;
    assert!(requeue(db, store_id, &event, now()).await);
    let slow = claim(db, store_id, now()).await;
    assert!(!requeue(db, store_id, &event, after(59)).await);
    assert!(
        requeue(db, store_id, &event, after(60)).await,
        "its worker died"
    );
    let late = commit(db, async |conn| {
        inbox::finish(conn, &slow, EventState::Processed, None, after(61)).await
    });
    assert!(!late.await.unwrap());
    assert_eq!(find(db, store_id).await.state, "received");
}

async fn another_store_replays_nothing(database: TestDatabase) {
    let db = &database.db;
    let (store_id, event) = parked(db).await;
    let stranger = new_store(db).await;
    assert!(!requeue(db, stranger, &event, now()).await);
    let live = commit(db, async |conn| {
        inbox::requeue(conn, store_id, Mode::Live, &event, now()).await
    });
    assert!(!live.await.unwrap());
    assert_eq!(find(db, store_id).await.state, "parked");
}
