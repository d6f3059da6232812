//! Failures of Stripe's API.

use serde_json::{Value, json};

use super::{fail_creation, pay_and_check, place, start_paying};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    r1_a_proxys_error_is_not_noticed,
    r1_a_drawn_latency_is_not_noticed,
    r1_an_answer_that_is_not_stripes_is_told_and_mended,
    r1_a_timeout_before_the_effect_is_told_and_mended,
    r1_a_500_that_stripe_repeats_is_left_behind,
    r1_a_capture_whose_500_is_repeated_is_read_again,
    r1_a_capture_that_was_lost_is_made_up_for_when_the_order_is_asked_for_again,
);

/// The `PaymentIntents` that were asked for, by idempotency key.
async fn keys(app: &TestApp, store: &ConnectedStore) -> Vec<Value> {
    let mut creations = app.intent_creations().await;
    creations.retain(|request| request["account"] == store.keys.account_id);
    creations
        .into_iter()
        .map(|request| request["idempotency_key"].clone())
        .collect()
}

async fn r1_a_proxys_error_is_not_noticed(app: &TestApp) {
    for kind in ["503", "504"] {
        let store = app.connected_store("Coffee").await;
        let order = place(app, &store).await;
        fail_creation(app, &store, &json!(kind)).await;
        let intent = start_paying(app, &store, &order).await.expect(201);
        let keys = keys(app, &store).await;
        assert!(keys.len() == 2 && keys[0] == keys[1], "{kind}: {keys:?}");
        pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
    }
}

async fn r1_a_drawn_latency_is_not_noticed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let slow = json!({ "path_prefix": "/v1/", "account": store.keys.account_id, "probability": 1, "kind": { "latency": { "p50_ms": 10, "p99_ms": 60 } } });
    app.fault(slow).await;
    let order = place(app, &store).await;
    let intent = start_paying(app, &store, &order).await.expect(201);
    assert_eq!(keys(app, &store).await.len(), 1);
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}

async fn r1_an_answer_that_is_not_stripes_is_told_and_mended(app: &TestApp) {
    for (status, body) in [
        (200, "<!doctype html><title>Sign in</title>"),
        (
            200,
            r#"{"id":"pi_3EXAMPLE","object":"payment_intent","amou"#,
        ),
        (400, r#"{"unexpected":true}"#),
        (400, r#"{"error":"invalid_grant","error_description":"x"}"#),
    ] {
        let store = app.connected_store("Coffee").await;
        let order = place(app, &store).await;
        let kind = json!({ "answer": { "status": status, "body": body } });
        fail_creation(app, &store, &kind).await;
        let failed = start_paying(app, &store, &order).await;
        assert!(failed.status.is_server_error(), "{body}: {}", failed.text);
        assert!(!failed.text.contains("invalid_grant"), "{}", failed.text);
        assert_eq!(failed.json()["error"]["type"], "api_error", "{body}");
        let intent = start_paying(app, &store, &order).await.expect(201);
        pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
    }
}

async fn r1_a_timeout_before_the_effect_is_told_and_mended(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = place(app, &store).await;
    fail_creation(app, &store, &json!("before_effect_timeout")).await;
    let late = start_paying(app, &store, &order).await;
    late.expect_error(504, "stripe_timeout");
    assert_eq!(app.intents_at_stripe(&store).await.len(), 0);
    let intent = start_paying(app, &store, &order).await.expect(201);
    let keys = keys(app, &store).await;
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}

async fn r1_a_500_that_stripe_repeats_is_left_behind(app: &TestApp) {
    for (kind, made) in [("500_kept", 1), ("after_effect_500_kept", 2)] {
        let store = app.connected_store("Coffee").await;
        let order = place(app, &store).await;
        fail_creation(app, &store, &json!(kind)).await;
        let failed = start_paying(app, &store, &order).await;
        failed.expect_error(502, "stripe_error");
        let intent = start_paying(app, &store, &order).await.expect(201);
        let keys = keys(app, &store).await;
        assert!(keys.len() == 2 && keys[0] != keys[1], "{kind}: {keys:?}");
        assert_eq!(app.intents_at_stripe(&store).await.len(), made, "{kind}");
        pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
    }
}

async fn r1_a_capture_whose_500_is_repeated_is_read_again(app: &TestApp) {
    for (kind, paid) in [
        ("after_effect_500_kept", "paid"),
        ("500_kept", "authorized"),
    ] {
        let store = app.connected_store("Coffee").await;
        let cart = app.create_cart(&store).await;
        let intent = app.prepaid(&store, &cart).await;
        let path = format!("/v1/payment_intents/{intent}/capture");
        app.fault(json!({ "path_prefix": path, "kind": kind }))
            .await;
        let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
        assert_eq!(
            (&order["status"], &order["payment_status"]),
            (&json!("confirmed"), &json!(paid)),
            "{kind}"
        );
        let at_stripe = app.intent_at_stripe(&store, &intent).await;
        let received = if paid == "paid" { 1250 } else { 0 };
        assert_eq!(at_stripe["amount_received"], received, "{kind}");
    }
}

/// As after a crash between the order's commit and its capture: nobody would ever take the money.
async fn r1_a_capture_that_was_lost_is_made_up_for_when_the_order_is_asked_for_again(
    app: &TestApp,
) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    let path = format!("/v1/payment_intents/{intent}/capture");
    app.fault(json!({ "path_prefix": path, "kind": "503", "times": 3 }))
        .await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    assert_eq!(order["payment_status"], "authorized");

    // Somebody with another cart moves nothing.
    let other = app.create_cart(&store).await;
    app.order_prepaid(&store, &other, &intent)
        .await
        .expect_error(409, "payment_already_used");
    let id = order["id"].as_str().unwrap();
    assert_eq!(app.recorded(id).await.1, "authorized");

    // The pause after a failure is over: whoever asks again is not left to the worker.
    app.clock.advance(jiff::SignedDuration::from_secs(2));
    for _ in 0..2 {
        let again = app.order_prepaid(&store, &cart, &intent).await.expect(200);
        assert_eq!(
            (&again["id"], &again["payment_status"]),
            (&order["id"], &json!("paid"))
        );
    }
    assert_eq!(app.times_paid(id).await, 1);
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("succeeded"), &json!(1250))
    );
}
