//! Cards that are refused: the order stays payable, and an old failure never undoes a success.

use reqwest::Method;
use serde_json::json;

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    a_refused_card_leaves_the_order_payable,
    a_late_failure_never_undoes_a_success,
    a_failed_challenge_can_be_passed_at_the_second_try,
    an_abandoned_challenge_is_no_failure,
);

async fn a_refused_card_leaves_the_order_payable(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    for (card, code, decline_code) in [
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
        ),
        (
            "pm_card_visa_chargeDeclined",
            "card_declined",
            "generic_decline",
        ),
        (
            "pm_card_chargeDeclinedExpiredCard",
            "expired_card",
            "expired_card",
        ),
    ] {
        app.pay(&order.intent, card).await;
        app.deliver(&store, "payment_intent.payment_failed", 1)
            .await;
        app.run_work().await;
        let seen = app.order(&store, &order.id).await;
        assert_eq!(
            (&seen["status"], &seen["payment_status"]),
            (&json!("pending"), &json!("failed"))
        );
        assert_eq!(
            seen["last_payment_error"],
            json!({ "code": code, "decline_code": decline_code })
        );
        assert_eq!(seen["attention"], json!([]));
    }
    assert_eq!(
        prepare_again(app, &store, &order).await,
        "requires_payment_method"
    );
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_paid(app, &store, &order).await;
}

async fn a_late_failure_never_undoes_a_success(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa_chargeDeclined").await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_paid(app, &store, &order).await;
    app.deliver(&store, "payment_intent.payment_failed", 3)
        .await;
    app.deliver(&store, "payment_intent.created", 1).await;
    app.run_work().await;
    assert_paid(app, &store, &order).await;
    // Not even if Stripe's own object were to say so.
    let failed = json!({ "status": "requires_payment_method", "amount_received": 0,
        "last_payment_error": { "type": "card_error", "code": "card_declined", "decline_code": "generic_decline" } });
    app.control(
        Method::POST,
        &format!("/payment_intents/{}", order.intent),
        failed,
    )
    .await;
    app.hint(&store, "payment_intent.payment_failed", &order.intent)
        .await;
    app.run_work().await;
    assert_paid(app, &store, &order).await;
}

async fn a_failed_challenge_can_be_passed_at_the_second_try(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let challenge = format!("/payment_intents/{}/authenticate", order.intent);
    app.pay(&order.intent, "pm_card_authenticationRequired")
        .await;
    app.control(Method::POST, &challenge, json!({ "outcome": "fail" }))
        .await;
    app.deliver(&store, "payment_intent.payment_failed", 1)
        .await;
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("pending"), &json!("failed"))
    );
    assert_eq!(
        seen["last_payment_error"]["code"],
        "payment_intent_authentication_failure"
    );
    app.pay(&order.intent, "pm_card_authenticationRequired")
        .await;
    app.control(Method::POST, &challenge, json!({ "outcome": "success" }))
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_paid(app, &store, &order).await;
}

async fn an_abandoned_challenge_is_no_failure(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let asked = app
        .pay(&order.intent, "pm_card_authenticationRequired")
        .await;
    assert_eq!(asked["status"], "requires_action");
    app.deliver(&store, "payment_intent.requires_action", 1)
        .await;
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("pending"), &json!("unpaid"))
    );
    assert_eq!(seen["last_payment_error"], json!(null));
}

/// Asks for the same payment once more; gives its status.
async fn prepare_again(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) -> String {
    let body = json!({ "order_id": order.id });
    let intent = app
        .store_post(store, "/payment-intents", &body)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(
        intent["id"],
        order.intent.as_str(),
        "no second PaymentIntent"
    );
    intent["status"].as_str().unwrap().to_owned()
}

async fn assert_paid(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) {
    assert_eq!(app.recorded(&order.id).await.1, "paid");
    let seen = app.order(store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("confirmed"), &json!("paid"))
    );
    assert_eq!(
        seen["last_payment_error"],
        json!(null),
        "what failed before does not matter any more"
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}
