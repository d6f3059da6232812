//! Every fault that the sandbox knows, met by the gateway: each payment is charged once and each order paid once.
//! The kinds that are not here are in `stripe_faults`.

mod api;
mod every_call;
mod keys;
mod storm;
mod webhooks;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, Reply, TestApp};

/// Asks for the `PaymentIntent` of an order, as a checkout does.
async fn start_paying(app: &TestApp, store: &ConnectedStore, order: &Placed) -> Reply {
    let body = json!({ "order_id": order.id });
    app.store_post(store, "/payment-intents", &body)
        .bearer(&order.token)
        .send()
        .await
}

/// An order that nobody has begun to pay.
struct Placed {
    id: String,
    token: String,
}

async fn place(app: &TestApp, store: &ConnectedStore) -> Placed {
    let cart = app.create_cart(store).await;
    let order = app.order_cart(store, &cart).await.expect(201);
    let text = |name: &str| order[name].as_str().unwrap().to_owned();
    Placed {
        id: text("id"),
        token: text("order_token"),
    }
}

/// A fault for the creation of the store's `PaymentIntents`.
async fn fail_creation(app: &TestApp, store: &ConnectedStore, kind: &Value) {
    let account = &store.keys.account_id;
    let fault = json!({ "path_prefix": "/v1/payment_intents", "method": "POST", "account": account, "kind": kind });
    app.fault(fault).await;
}

async fn fail_webhook(app: &TestApp, store: &ConnectedStore, kind: Value) {
    let account = &store.keys.account_id;
    let fault =
        json!({ "account": account, "event_type": "payment_intent.succeeded", "kind": kind });
    app.control(Method::POST, "/webhook_faults", fault).await;
}

/// Any event about a payment makes the gateway look at it, so these are for all of them.
async fn fail_every_webhook(app: &TestApp, store: &ConnectedStore, kind: Value) {
    let rule = json!({ "account": store.keys.account_id, "probability": 1, "kind": kind });
    app.control(Method::POST, "/webhook_faults", rule).await;
}

/// Webhooks go out by themselves from now on, and are tried again at once.
async fn deliver_by_itself(app: &TestApp, store: &ConnectedStore) {
    let speed = json!({ "speed": 1e9 });
    app.control(Method::POST, "/deliveries/speed", speed).await;
    let mode = json!({ "mode": "auto", "account": store.keys.account_id });
    app.control(Method::POST, "/deliveries/mode", mode).await;
}

/// Until every webhook has arrived or is given up, and the inbox is empty.
async fn settle(app: &TestApp) {
    app.control(Method::POST, "/deliveries/settle", Value::Null)
        .await;
    app.run_work().await;
}

/// One of the account's `PaymentIntents` was charged, with the order's amount, and the order was paid once.
async fn assert_charged_and_paid_once(app: &TestApp, store: &ConnectedStore, order: &str) {
    let intents = app.intents_at_stripe(store).await;
    let charged: Vec<_> = intents
        .iter()
        .filter(|intent| intent["status"] == "succeeded")
        .collect();
    assert_eq!(charged.len(), 1, "{intents:?}");
    let seen = app.order(store, order).await;
    assert_eq!(seen["payment_status"], "paid");
    assert_eq!(seen["attention"], json!([]));
    assert_eq!(charged[0]["amount_received"], seen["amount"]);
    assert_eq!(app.times_paid(order).await, 1);
}

/// Pays, tells the gateway, and holds the outcome.
async fn pay_and_check(app: &TestApp, store: &ConnectedStore, order: &Placed, intent: &str) {
    app.pay(intent, "pm_card_visa").await;
    app.deliver(store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_charged_and_paid_once(app, store, &order.id).await;
}

/// A store whose webhooks go out by themselves, and an order that is ready to be paid.
async fn ready_to_pay(app: &TestApp) -> (ConnectedStore, PaidOrder) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    deliver_by_itself(app, &store).await;
    settle(app).await;
    (store, order)
}
