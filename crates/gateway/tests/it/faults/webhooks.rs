//! Failures of webhooks.

use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_charged_and_paid_once, fail_every_webhook, fail_webhook, ready_to_pay, settle};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    w8_duplicates_in_turn_and_at_once_pay_once,
    w8_reordered_events_pay_once,
    w8_a_late_event_pays_once,
    w8_a_lost_event_is_made_good_by_the_return_or_by_hand,
    w3_a_wrong_signature_is_refused_and_the_retry_pays,
    w5_a_slow_body_is_waited_for,
    w5_a_body_that_breaks_off_is_sent_again,
);

/// The delivery of the store's `payment_intent.succeeded`.
async fn delivery(app: &TestApp, store: &ConnectedStore) -> Value {
    let path = format!("/deliveries?account={}", store.keys.account_id);
    let log = app.control(Method::GET, &path, json!({})).await;
    let mut rows = log["deliveries"].as_array().unwrap().iter();
    rows.rfind(|row| row["event_type"] == "payment_intent.succeeded")
        .cloned()
        .unwrap()
}

fn statuses(delivery: &Value) -> Vec<Value> {
    let attempts = delivery["attempts"].as_array().unwrap();
    attempts.iter().map(|one| one["status"].clone()).collect()
}

async fn w8_duplicates_in_turn_and_at_once_pay_once(app: &TestApp) {
    for concurrent in [false, true] {
        let (store, order) = ready_to_pay(app).await;
        let kind = json!({ "duplicate": { "copies": 8, "concurrent": concurrent } });
        fail_webhook(app, &store, kind).await;
        app.pay(&order.intent, "pm_card_visa").await;
        settle(app).await;
        assert_eq!(statuses(&delivery(app, &store).await), vec![json!(200); 8]);
        assert_charged_and_paid_once(app, &store, &order.id).await;
    }
}

async fn w8_reordered_events_pay_once(app: &TestApp) {
    for seed in 1..=4 {
        app.control(Method::POST, "/seed", json!({ "seed": seed }))
            .await;
        let (store, order) = ready_to_pay(app).await;
        let window = json!({ "reorder": { "window": 4, "max_wait_ms": 200 } });
        fail_every_webhook(app, &store, window).await;
        // Refused, then paid: the failure may be told last.
        app.pay(&order.intent, "pm_card_visa_chargeDeclined").await;
        app.pay(&order.intent, "pm_card_visa").await;
        settle(app).await;
        assert_charged_and_paid_once(app, &store, &order.id).await;
        app.control(Method::DELETE, "/webhook_faults", json!({}))
            .await;
    }
}

async fn w8_a_late_event_pays_once(app: &TestApp) {
    let (store, order) = ready_to_pay(app).await;
    fail_every_webhook(app, &store, json!({ "delay_ms": 300 })).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 0);
    settle(app).await;
    assert_charged_and_paid_once(app, &store, &order.id).await;
}

async fn w8_a_lost_event_is_made_good_by_the_return_or_by_hand(app: &TestApp) {
    for returns in [true, false] {
        let (store, order) = ready_to_pay(app).await;
        fail_every_webhook(app, &store, json!("drop")).await;
        app.pay(&order.intent, "pm_card_visa").await;
        settle(app).await;
        let lost = delivery(app, &store).await;
        assert_eq!(
            (&lost["state"], statuses(&lost)),
            (&json!("failed"), vec![])
        );
        assert_eq!(app.times_paid(&order.id).await, 0);
        if returns {
            let path = format!("/payments/{}", order.intent);
            let read = app.store_get(&store, &path).bearer(&order.token).send();
            assert_eq!(read.await.expect(200)["status"], "succeeded");
            assert_charged_and_paid_once(app, &store, &order.id).await;
        }
        let event = json!({ "event_id": lost["event_id"] });
        app.control(Method::POST, "/deliveries/flush", event).await;
        app.run_work().await;
        assert_charged_and_paid_once(app, &store, &order.id).await;
    }
}

async fn w3_a_wrong_signature_is_refused_and_the_retry_pays(app: &TestApp) {
    let (store, order) = ready_to_pay(app).await;
    fail_webhook(app, &store, json!("wrong_signature")).await;
    app.pay(&order.intent, "pm_card_visa").await;
    settle(app).await;
    let statuses = statuses(&delivery(app, &store).await);
    assert_eq!(statuses, [json!(400), json!(200)]);
    assert_charged_and_paid_once(app, &store, &order.id).await;
}

async fn w5_a_slow_body_is_waited_for(app: &TestApp) {
    let (store, order) = ready_to_pay(app).await;
    fail_webhook(app, &store, json!({ "slow_ms": 1500 })).await;
    app.pay(&order.intent, "pm_card_visa").await;
    settle(app).await;
    assert_eq!(statuses(&delivery(app, &store).await), [json!(200)]);
    assert_charged_and_paid_once(app, &store, &order.id).await;
}

async fn w5_a_body_that_breaks_off_is_sent_again(app: &TestApp) {
    let (store, order) = ready_to_pay(app).await;
    fail_webhook(app, &store, json!("disconnect")).await;
    app.pay(&order.intent, "pm_card_visa").await;
    settle(app).await;
    let statuses = statuses(&delivery(app, &store).await);
    assert_eq!(statuses, [json!(null), json!(200)]);
    assert_charged_and_paid_once(app, &store, &order.id).await;
}
