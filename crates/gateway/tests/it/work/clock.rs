//! A clock of ours that was ahead for a moment puts nothing to sleep.

use gateway::work::{health, prune, recall, reconcile, sweep};
use jiff::SignedDuration;

use crate::harness::{TestApp, stories};

stories!(
    what_was_planned_by_a_clock_ahead_is_done_when_it_is_right,
    what_is_planned_far_ahead_stays_planned,
);

const TEN_YEARS: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

async fn what_was_planned_by_a_clock_ahead_is_done_when_it_is_right(app: &TestApp) {
    let right = app.clock.now();
    app.set_clock(right + TEN_YEARS);
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let event = app
        .hint(&store, "payment_intent.created", &order.intent)
        .await;
    run_all(app).await;
    app.set_clock(right);
    app.pay(&order.intent, "pm_card_visa").await;
    // Everything sleeps, the event included if it was not done with.
    assert_eq!(health::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(reconcile::run_once(&app.app).await.unwrap(), 0);
    let sql = format!(
        "UPDATE stripe_events SET state = 'received', next_attempt_at = received_at WHERE event_id = '{event}'"
    );
    app.database.raw(&sql).await.unwrap();
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");

    // Two jobs, one payment, one event.
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 4);
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(health::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(reconcile::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(sweep::run_once(&app.app).await.unwrap(), 1);
    assert!(prune::run_once(&app.app).await.unwrap() > 0);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    // The cursor stands where it can go on from.
    let sql = "SELECT count(*) FROM reconcile_cursors AS r JOIN stripe_connections AS c \
        ON (r.store_id, r.mode, r.account_id) = (c.store_id, c.mode, c.account_id) WHERE r.seen_until < c.connected_at";
    assert_eq!(
        app.database.raw(sql).await.unwrap(),
        [[Some("1".to_owned())]]
    );
}

async fn what_is_planned_far_ahead_stays_planned(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    app.place_order(&store).await;
    run_all(app).await;
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 0);
}

async fn run_all(app: &TestApp) {
    while health::run_once(&app.app).await.unwrap() > 0 {}
    while reconcile::run_once(&app.app).await.unwrap() > 0 {}
    while sweep::run_once(&app.app).await.unwrap() > 0 {}
    while prune::run_once(&app.app).await.unwrap() > 0 {}
    app.run_work().await;
}
