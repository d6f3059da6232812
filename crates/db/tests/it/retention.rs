//! Old events go, a part at a time; what is not done with stays.

use db::inbox::retention::{Progress, forget, make_room};
use db::inbox::{self, EventState, NewEvent};
use db::{Db, Engine};
use domain::StoreId;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, event, new_store, now};

on_both_engines!(
    what_is_done_with_and_old_goes,
    what_is_not_done_with_stays,
    a_long_past_goes_in_steps,
    room_is_made_for_three_months,
    events_move_into_the_room_that_is_made,
    a_turn_is_taken_once,
);

/// Days after [`now`].
fn day(days: i64) -> Timestamp {
    after(days * 24 * 3600)
}

async fn what_is_done_with_and_old_goes(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    make_room(db, now()).await.unwrap();
    make_room(db, day(92)).await.unwrap();
    // March, April, May, and one for which there is no month.
    for (created, event_id) in [(0, "march"), (31, "april"), (61, "may"), (-800, "ancient")] {
        record(db, store_id, event_id, day(created), EventState::Ignored).await;
    }
    assert_eq!(pass(db, day(-900)).await, 0);
    assert_eq!(ids(&database).await, ["ancient", "april", "march", "may"]);
    // The end of March.
    pass(db, "2026-04-01T00:00:00Z".parse().unwrap()).await;
    assert_eq!(ids(&database).await, ["april", "may"]);
    let march = "SELECT to_regclass('stripe_events_202603') IS NULL AND to_regclass('stripe_events_202604') IS NOT NULL";
    if db.engine() == Engine::Postgres {
        assert_eq!(database.raw(march).await.unwrap(), [[Some("t".to_owned())]]);
    }
    pass(db, day(200)).await;
    assert!(ids(&database).await.is_empty());
    // The same event again is a new one, into whatever partition there is.
    record(db, store_id, "march", now(), EventState::Received).await;
    assert_eq!(ids(&database).await, ["march"]);
}

async fn what_is_not_done_with_stays(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    make_room(db, now()).await.unwrap();
    for state in [
        EventState::Received,
        EventState::Processing,
        EventState::Waiting,
        EventState::Parked,
        EventState::Processed,
        EventState::Ignored,
    ] {
        record(db, store_id, state.as_str(), now(), state).await;
    }
    pass(db, day(400)).await;
    let unfinished = ["parked", "processing", "received", "waiting"];
    assert_eq!(ids(&database).await, unfinished);
    // They can be worked on as before, and then they go too.
    let wanted = [inbox::Wanted { store_id, up_to: 9 }];
    let claimed = inbox::claim(db, &wanted, day(401), day(400)).await.unwrap();
    assert_eq!(claimed.len(), 2);
    for event in &claimed {
        let state = EventState::Processed;
        let done = commit(db, async |conn| {
            inbox::finish(conn, event, state, None, day(400)).await
        });
        assert!(done.await.unwrap());
    }
    pass(db, day(400)).await;
    assert_eq!(ids(&database).await, ["parked", "waiting"]);
}

async fn a_long_past_goes_in_steps(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    // No month for them: on both engines they are deleted row by row.
    let old = |number| NewEvent {
        state: EventState::Ignored,
        payload: crate::world::sealed_body(&"x".repeat(3000)),
        ..event(store_id, &format!("evt_{number}"))
    };
    inbox::record(db, (0..2000).map(old).collect())
        .await
        .unwrap();
    let young = NewEvent {
        received_at: day(60),
        created_at: day(60),
        ..old(2000)
    };
    inbox::record(db, vec![young]).await.unwrap();
    let (mut progress, mut steps, mut removed) = (Progress::default(), 0, 0);
    loop {
        let step = forget(db, day(50), &mut progress).await.unwrap();
        assert!(step.removed <= 1000, "{step:?}");
        steps += 1;
        removed += step.removed;
        if step.is_last {
            break;
        }
    }
    assert_eq!(removed, 2000);
    assert!(steps >= 4, "{steps}");
    assert_eq!(ids(&database).await, ["evt_2000"]);
}

async fn room_is_made_for_three_months(database: TestDatabase) {
    let db = &database.db;
    let new = "2031-11-30T23:59:59Z".parse().unwrap();
    let made = make_room(db, new).await.unwrap();
    if db.engine() == Engine::Sqlite {
        assert_eq!(made, 0);
        return;
    }
    assert_eq!(made, 3);
    let months = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
        AND relname IN ('stripe_events_203111', 'stripe_events_203112', 'stripe_events_203201')";
    assert_eq!(
        database.raw(months).await.unwrap(),
        [[Some("3".to_owned())]]
    );
    assert_eq!(make_room(db, new).await.unwrap(), 0);
}

async fn events_move_into_the_room_that_is_made(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    record(db, store_id, "evt_1", now(), EventState::Received).await;
    record(db, store_id, "evt_0", day(-365), EventState::Received).await;
    make_room(db, now()).await.unwrap();
    assert_eq!(ids(&database).await, ["evt_0", "evt_1"]);
    if db.engine() == Engine::Postgres {
        let moved = "SELECT event_id FROM stripe_events_202603";
        assert_eq!(
            database.raw(moved).await.unwrap(),
            [[Some("evt_1".to_owned())]]
        );
    }
    // It is still known.
    record(db, store_id, "evt_1", now(), EventState::Received).await;
    assert_eq!(ids(&database).await, ["evt_0", "evt_1"]);
    let wanted = [inbox::Wanted { store_id, up_to: 9 }];
    let claimed = inbox::claim(db, &wanted, day(1), now()).await.unwrap();
    assert_eq!(claimed.len(), 2);
}

async fn a_turn_is_taken_once(database: TestDatabase) {
    let db = &database.db;
    let take = async |until, now| {
        commit(db, async |conn| {
            db::facts::take(conn, "turn", until, now).await
        })
        .await
        .unwrap()
    };
    assert!(take(after(60), now()).await);
    assert!(!take(after(119), after(59)).await);
    assert!(take(after(120), after(60)).await);
    assert!(!take(after(120), after(60)).await);
}

async fn record(db: &Db, store_id: StoreId, event_id: &str, at: Timestamp, state: EventState) {
    let new = NewEvent {
        created_at: at,
        received_at: at,
        state,
        ..event(store_id, event_id)
    };
    inbox::record(db, vec![new]).await.unwrap();
}

/// A whole pass. Returns what it removed.
async fn pass(db: &Db, before: Timestamp) -> usize {
    let (mut progress, mut removed) = (Progress::default(), 0);
    loop {
        let step = forget(db, before, &mut progress).await.unwrap();
        removed += step.removed;
        if step.is_last {
            return removed;
        }
    }
}

async fn ids(database: &TestDatabase) -> Vec<String> {
    let sql = "SELECT event_id FROM stripe_events ORDER BY event_id";
    let rows = database.raw(sql).await.unwrap();
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}
