//! W16: what a gateway has in work stays its own while it lives, and is another's soon after it died or stopped.

use std::time::Duration;

use gateway::work::inbox::{Tempo, run_once, run_store};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Running, until};
use crate::harness::{PaidOrder, TestApp, logged, stories};

stories!(
    w16_a_slow_event_is_held_by_its_heartbeat,
    w16_one_stores_events_are_worked_through_under_their_leases,
    w16_a_worker_whose_claim_was_lost_gives_up,
    w16_a_killed_gateways_events_are_done_by_another,
    stopping_gives_back_what_does_not_end_in_time,
);

/// As `serve`, but in a hurry.
const TEMPO: Tempo = Tempo {
    scan: Duration::from_millis(50),
    beat: Duration::from_millis(20),
    drain: Duration::from_millis(50),
};
/// A worker's lease.
const LEASE_S: i64 = 20;

async fn w16_a_slow_event_is_held_by_its_heartbeat(app: &TestApp) {
    let other = app.second_gateway().await;
    let (_, event) = silent(app).await;
    let worker = Running::start(&app.app, TEMPO);
    in_work(app, &event).await;
    for _ in 0..3 {
        let lease = lease_end(app, &event).await;
        app.wait_s(LEASE_S - 1);
        until(async || lease_end(app, &event).await != lease).await;
        assert_eq!(run_once(&other).await.unwrap(), 0);
    }
    assert_eq!(app.inbox(&event).await.unwrap().attempts, 1);
    worker.stop().await;
}

async fn w16_one_stores_events_are_worked_through_under_their_leases(app: &TestApp) {
    let other = app.second_gateway().await;
    let (_, event) = silent(app).await;
    let sql = format!("SELECT store_id FROM stripe_events WHERE event_id = '{event}'");
    let store_id = app.database.raw(&sql).await.unwrap().remove(0).remove(0);
    let store_id = store_id.unwrap().parse().unwrap();
    let bystander = app.connected_store("Tea").await;
    let not_asked_for = app
        .hint(&bystander, "payment_intent.created", "pi_FAKE1")
        .await;
    let working = run_store(&app.app, store_id, TEMPO);
    let watching = async {
        in_work(app, &event).await;
        let untouched = app.inbox(&not_asked_for).await.unwrap();
        assert_eq!(untouched.attempts, 0);
        let lease = lease_end(app, &event).await;
        app.wait_s(LEASE_S - 1);
        until(async || lease_end(app, &event).await != lease).await;
        assert_eq!(run_once(&other).await.unwrap(), 1, "the bystander's");
    };
    tokio::select! {
        biased;
        () = watching => {}
        done = working => panic!("Stripe has not answered: {done:?}"),
    }
    assert_eq!(app.inbox(&event).await.unwrap().attempts, 1);
    assert_eq!(app.inbox(&not_asked_for).await.unwrap().attempts, 1);
}

async fn w16_a_worker_whose_claim_was_lost_gives_up(app: &TestApp) {
    let (_, event) = silent(app).await;
    let worker = Running::start(&app.app, TEMPO);
    in_work(app, &event).await;
    // What another worker's claim does.
    let sql = format!("UPDATE stripe_events SET attempts = 2 WHERE event_id = '{event}'");
    app.database.raw(&sql).await.unwrap();
    until(async || logged(&["WARN", "a claim was lost", &event])).await;
    worker.stop().await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!((row.outcome(), row.attempts), (("processing", None), 2));
}

async fn w16_a_killed_gateways_events_are_done_by_another(app: &TestApp) {
    let other = app.second_gateway().await;
    let (order, event) = silent(app).await;
    let worker = Running::start(&app.app, TEMPO);
    in_work(app, &event).await;
    worker.worker.abort();
    assert!(worker.worker.await.unwrap_err().is_cancelled());
    app.control(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!(run_once(&other).await.unwrap(), 0);
    app.wait_s(LEASE_S);
    assert_eq!(run_once(&other).await.unwrap(), 1);
    assert_eq!(app.inbox(&event).await.unwrap().attempts, 2);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn stopping_gives_back_what_does_not_end_in_time(app: &TestApp) {
    let other = app.second_gateway().await;
    let (order, event) = silent(app).await;
    let worker = Running::start(&app.app, TEMPO);
    in_work(app, &event).await;
    worker.stop().await;
    app.control(Method::DELETE, "/faults", Value::Null).await;
    // At once, not after the lease.
    assert_eq!(run_once(&other).await.unwrap(), 1);
    assert_eq!(app.inbox(&event).await.unwrap().attempts, 2);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// An acknowledged event of a store that Stripe does not answer.
async fn silent(app: &TestApp) -> (PaidOrder, String) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let fault = json!({
        "path_prefix": "/v1/payment_intents/", "account": store.keys.account_id, "kind": "before_effect_timeout",
        "times": 1000,
    });
    app.fault(fault).await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    (order, event)
}

async fn in_work(app: &TestApp, event: &str) {
    until(async || app.inbox(event).await.unwrap().state == "processing").await;
}

async fn lease_end(app: &TestApp, event: &str) -> Option<String> {
    let sql = format!("SELECT next_attempt_at FROM stripe_events WHERE event_id = '{event}'");
    app.database.raw(&sql).await.unwrap().remove(0).remove(0)
}
