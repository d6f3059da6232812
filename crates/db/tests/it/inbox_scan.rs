//! Finding the stores that have something to do, however much of it each has.

use db::Db;
use db::inbox::{self, EventState, NewEvent, Scanned, Wanted};
use domain::StoreId;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, event, now};

on_both_engines!(
    a_scan_finds_each_store_with_a_due_event_once,
    a_scan_goes_on_where_the_last_one_ended,
    a_scan_finds_what_a_dead_worker_left,
    a_scan_costs_by_the_store_and_not_by_the_event,
);

async fn a_scan_finds_each_store_with_a_due_event_once(database: TestDatabase) {
    let db = &database.db;
    assert_eq!(scan(db, None, 10, now()).await, end(&[]));
    let [one, two, later, done] = stores();
    let batch = vec![
        event(one, "evt_1"),
        event(one, "evt_2"),
        event(two, "evt_3"),
        NewEvent {
            received_at: after(60),
            ..event(later, "evt_4")
        },
        NewEvent {
            state: EventState::Ignored,
            ..event(done, "evt_5")
        },
    ];
    inbox::record(db, batch).await.unwrap();
    assert_eq!(scan(db, None, 10, now()).await, end(&[one, two]));
    assert_eq!(scan(db, None, 10, after(60)).await, end(&[one, two, later]));
}

async fn a_scan_goes_on_where_the_last_one_ended(database: TestDatabase) {
    let db = &database.db;
    let [one, two, later, last] = stores();
    let mut batch = [one, two, later, last].map(|store_id| event(store_id, "evt_1"));
    // Visited, and not due.
    batch[2].received_at = after(60);
    inbox::record(db, batch.into()).await.unwrap();
    let first = scan(db, None, 3, now()).await;
    assert_eq!(
        first,
        Scanned {
            due: vec![one, two],
            next_after: Some(later)
        }
    );
    assert_eq!(scan(db, first.next_after, 3, now()).await, end(&[last]));
}

async fn a_scan_finds_what_a_dead_worker_left(database: TestDatabase) {
    let db = &database.db;
    let [store_id, ..] = stores();
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    let wanted = [Wanted { store_id, up_to: 1 }];
    let held = inbox::claim(db, &wanted, after(20), now()).await.unwrap();
    assert_eq!(scan(db, None, 10, after(19)).await, end(&[]));
    assert_eq!(scan(db, None, 10, after(20)).await, end(&[store_id]));
    let retry_at = after(300);
    commit(db, async |conn| {
        inbox::retry_later(conn, &held[0], "stripe_down", retry_at).await
    })
    .await
    .unwrap();
    assert_eq!(scan(db, None, 10, after(299)).await, end(&[]));
    assert_eq!(scan(db, None, 10, retry_at).await, end(&[store_id]));
}

/// The plan, not the clock: a busy machine must not fail this. `PostgreSQL` has to use the index of what is pending for
/// claims and scans, although nearly all events are of one store, and on every partition.
async fn a_scan_costs_by_the_store_and_not_by_the_event(database: TestDatabase) {
    let db = &database.db;
    let [flood, other, ..] = stores();
    for part in 0..10 {
        let batch = (0..1000).map(|number| event(flood, &format!("evt_{part}_{number}")));
        inbox::record(db, batch.collect()).await.unwrap();
    }
    inbox::record(db, vec![event(other, "evt_1")])
        .await
        .unwrap();
    assert_eq!(scan(db, None, 10, now()).await, end(&[flood, other]));
    let pending = "FROM stripe_events WHERE state IN ('received', 'processing')";
    let next =
        format!("SELECT store_id {pending} AND store_id > '{flood}' ORDER BY store_id LIMIT 1");
    let due = format!(
        "SELECT event_id {pending} AND store_id = '{other}' AND next_attempt_at <= {} ORDER BY next_attempt_at LIMIT 4",
        if database.path().is_some() {
            "9000000000000000"
        } else {
            "now()"
        }
    );
    for query in [next, due] {
        let (explain, wanted) = if database.path().is_some() {
            (
                "EXPLAIN QUERY PLAN",
                "USING COVERING INDEX stripe_events_pending",
            )
        } else {
            ("EXPLAIN", "Index")
        };
        let rows = database.raw(&format!("{explain} {query}")).await.unwrap();
        let plan = format!("{rows:?}");
        assert!(
            plan.contains(wanted) || plan.contains("USING INDEX stripe_events_pending"),
            "{query}: {plan}"
        );
        assert!(!plan.contains("Seq Scan"), "{query}: {plan}");
    }
}

/// In the order of their ids, which is the order of a scan.
fn stores() -> [StoreId; 4] {
    let mut stores = [(); 4].map(|()| StoreId::generate());
    stores.sort_unstable();
    stores
}

fn end(due: &[StoreId]) -> Scanned {
    Scanned {
        due: due.to_vec(),
        next_after: None,
    }
}

async fn scan(db: &Db, after: Option<StoreId>, visits: i64, now: Timestamp) -> Scanned {
    inbox::scan(db, after, visits, now).await.unwrap()
}
