//! W16: a worker dies, or is taken for dead and wakes up again. Another one finishes, and only one.

use db::inbox::{ClaimedEvent, EventState, Wanted};
use domain::Mode;
use gateway::work::settle::{Settled, Trigger, settle};
use jiff::SignedDuration;

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    w16_a_dead_workers_event_is_done_by_another,
    w16_a_worker_that_lost_its_lease_changes_nothing,
    w16_a_worker_that_comes_late_finds_it_done,
);

/// A worker's lease.
const LEASE_S: i64 = 20;

async fn w16_a_dead_workers_event_is_done_by_another(app: &TestApp) {
    let (store, order, event) = acknowledged(app).await;
    // Claimed, and never heard of again.
    drop(claim(app, &store).await);
    app.wait_s(LEASE_S - 1);
    app.run_work().await;
    assert_eq!(
        app.inbox(&event).await.unwrap().outcome(),
        ("processing", None)
    );
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    app.wait_s(1);
    app.run_work().await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!((row.outcome(), row.attempts), (("processed", None), 2));
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w16_a_worker_that_lost_its_lease_changes_nothing(app: &TestApp) {
    let (store, order, event) = acknowledged(app).await;
    let slow = claim(app, &store).await;
    app.wait_s(LEASE_S);
    let quick = claim(app, &store).await;
    assert_eq!((slow.attempts, quick.attempts), (1, 2));
    work_on(app, &store, &order, &slow).await;
    assert_eq!(
        app.inbox(&event).await.unwrap().outcome(),
        ("processing", None)
    );
    assert_eq!(
        app.recorded(&order.id).await.1,
        "unpaid",
        "the effect goes with the claim"
    );
    work_on(app, &store, &order, &quick).await;
    assert_eq!(
        app.inbox(&event).await.unwrap().outcome(),
        ("processed", None)
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w16_a_worker_that_comes_late_finds_it_done(app: &TestApp) {
    let (store, order, event) = acknowledged(app).await;
    let slow = claim(app, &store).await;
    app.wait_s(LEASE_S);
    app.run_work().await;
    let done = app.inbox(&event).await.unwrap();
    assert_eq!(done.outcome(), ("processed", None));
    work_on(app, &store, &order, &slow).await;
    let mut tx = app.app.db.begin().await.unwrap();
    let now = app.clock.now();
    for state in [
        EventState::Processed,
        EventState::Parked,
        EventState::Waiting,
    ] {
        assert!(
            !db::inbox::finish(&mut tx, &slow, state, Some("late"), now)
                .await
                .unwrap()
        );
    }
    assert!(
        !db::inbox::retry_later(&mut tx, &slow, "late", now)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(app.inbox(&event).await.unwrap(), done);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// A paid order whose event was acknowledged and not looked at.
async fn acknowledged(app: &TestApp) -> (ConnectedStore, PaidOrder, String) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    (store, order, event)
}

/// What a worker does first.
async fn claim(app: &TestApp, store: &ConnectedStore) -> ClaimedEvent {
    let now = app.clock.now();
    let lease_until = now + SignedDuration::from_secs(LEASE_S);
    let store_id = store.id.parse().unwrap();
    let wanted = [Wanted {
        store_id,
        up_to: 32,
    }];
    let mut claimed = db::inbox::claim(&app.app.db, &wanted, lease_until, now)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.pop().unwrap()
}

/// What a worker does next.
async fn work_on(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, claimed: &ClaimedEvent) {
    let store_id = store.id.parse().unwrap();
    let settled = settle(
        &app.app,
        store_id,
        Mode::Test,
        &order.intent,
        Trigger::Event(claimed),
    )
    .await;
    assert_eq!(settled.unwrap(), Settled::Stored);
}
