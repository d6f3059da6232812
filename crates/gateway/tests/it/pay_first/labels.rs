//! A payment that was made before its order says afterwards whose it is: in the dashboard, and on the receipt.

use gateway::work::labels;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    what_was_paid_first_names_its_order,
    a_link_names_its_order,
    a_corrected_address_gets_the_receipt,
    telling_waits_for_stripe_and_holds_up_nobody,
    an_address_that_stripe_refuses_does_not_hide_the_number,
);

async fn tell(app: &TestApp) {
    while labels::run_once(&app.app).await.unwrap() > 0 {}
}

/// Whether the payment at Stripe names the order, as the contract says.
async fn is_named(app: &TestApp, store: &ConnectedStore, intent: &str, order: &Value) -> bool {
    let at_stripe = app.intent_at_stripe(store, intent).await;
    let number = order["number"].as_str().unwrap();
    let notes = &at_stripe["metadata"];
    notes["tillgate_order_id"] == order["id"]
        && notes["tillgate_order_number"] == number
        && notes["tillgate_store_id"] == store.id.as_str()
        && notes["tillgate_mode"] == "pre_order"
        && at_stripe["description"] == format!("Coffee order {number}")
}

async fn receipt(app: &TestApp, store: &ConnectedStore, intent: &str) -> Value {
    app.intent_at_stripe(store, intent).await["receipt_email"].clone()
}

/// Orders a cart that was paid first, for this address.
async fn ordered(app: &TestApp, store: &ConnectedStore, email: &str) -> (String, Value) {
    let cart = app.create_cart(store).await;
    let intent = app.prepaid(store, &cart).await;
    let body = json!({ "cart_id": cart, "payment_reference": intent, "email": email });
    let order = app.store_post(store, "/orders", &body).send().await;
    (intent, order.expect(201))
}

async fn what_was_paid_first_names_its_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (intent, order) = ordered(app, &store, "ada@example.com").await;
    tell(app).await;
    assert!(is_named(app, &store, &intent, &order).await);
    assert_eq!(receipt(app, &store, &intent).await, "ada@example.com");
    assert_eq!(app.count("payment_labels").await, 0);
    // An order without an address leaves the payment its own.
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    tell(app).await;
    assert!(is_named(app, &store, &intent, &order).await);
    assert_eq!(receipt(app, &store, &intent).await, "shopper@example.com");
}

async fn a_link_names_its_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    let done = app.complete_link(&link.token, &link.intent).await;
    let order_id = done.expect(200)["order_id"].as_str().unwrap().to_owned();
    let order = app.order(&store, &order_id).await;
    tell(app).await;
    assert!(is_named(app, &store, &link.intent, &order).await);
}

async fn a_corrected_address_gets_the_receipt(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let place = async |email: &str| {
        let body = json!({ "cart_id": cart, "email": email });
        app.store_post(&store, "/orders", &body).send().await.json()
    };
    let order = place("typo@example.com").await;
    let body = json!({ "order_id": order["id"] });
    let token = order["order_token"].as_str().unwrap();
    let request = app.store_post(&store, "/payment-intents", &body);
    let intent = request.bearer(token).send().await.expect(201);
    let intent = intent["id"].as_str().unwrap();
    assert_eq!(receipt(app, &store, intent).await, "typo@example.com");
    place("ada@example.com").await;
    tell(app).await;
    assert_eq!(receipt(app, &store, intent).await, "ada@example.com");
    // What is said again is not told again.
    let before = app.stripe_requests().await.len();
    place("ada@example.com").await;
    tell(app).await;
    assert_eq!(app.stripe_requests().await.len(), before);
}

async fn telling_waits_for_stripe_and_holds_up_nobody(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["503", "500_kept", "after_effect_timeout"] {
        let (intent, order) = ordered(app, &store, "ada@example.com").await;
        assert_eq!(order["payment_status"], "paid");
        let path = format!("/v1/payment_intents/{intent}");
        app.fault(json!({ "path_prefix": path, "method": "POST", "kind": kind, "times": 3 }))
            .await;
        labels::run_once(&app.app).await.unwrap();
        for _ in 0..8 {
            app.wait_s(10 * 60);
            tell(app).await;
        }
        assert!(is_named(app, &store, &intent, &order).await, "{kind}");
        assert_eq!(app.count("payment_labels").await, 0, "{kind}");
        assert_eq!(app.times_paid(order["id"].as_str().unwrap()).await, 1);
    }
}

async fn an_address_that_stripe_refuses_does_not_hide_the_number(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (intent, order) = ordered(app, &store, "ada@example.com").await;
    let path = format!("/v1/payment_intents/{intent}");
    let body = json!({ "error": {
        "type": "invalid_request_error", "code": "email_invalid", "param": "receipt_email", "message": "Invalid email address.",
    } });
    let answer = json!({ "answer": { "status": 400, "body": body.to_string() } });
    app.fault(json!({ "path_prefix": path, "method": "POST", "kind": answer, "times": 1 }))
        .await;
    tell(app).await;
    assert!(is_named(app, &store, &intent, &order).await);
    assert_eq!(receipt(app, &store, &intent).await, "shopper@example.com");
}
