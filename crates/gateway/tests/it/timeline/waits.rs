//! What an order waits for, in the order in which things happen to it.

use reqwest::Method;
use serde_json::{Value, json};

use super::stocked_cart;
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    what_a_shopper_leaves_undone,
    a_store_that_must_reconnect,
    a_webhook_that_does_not_come_is_made_up_for,
    an_order_that_is_paid_by_hand,
    what_only_a_person_can_decide,
);

async fn what_a_shopper_leaves_undone(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = stocked_cart(app, &store).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let id = order["id"].as_str().unwrap();
    assert_waits(app, &store, id, "shopper_has_not_begun", "has not begun").await;
    let token = order["order_token"].as_str().unwrap();
    let request = app.store_post(&store, "/payment-intents", &json!({ "order_id": id }));
    let intent = request.bearer(token).send().await.expect(201);
    let intent = intent["id"].as_str().unwrap();
    assert_waits(app, &store, id, "shopper_has_not_paid", "has not paid").await;
    app.pay(intent, "pm_card_visa_chargeDeclinedInsufficientFunds")
        .await;
    assert_waits(
        app,
        &store,
        id,
        "shopper_must_try_again",
        "insufficient_funds",
    )
    .await;
    app.pay(intent, "pm_card_authenticationRequired").await;
    assert_waits(app, &store, id, "shopper_must_authenticate", "3-D Secure").await;
    let path = format!("/payment_intents/{intent}");
    app.control(Method::POST, &path, json!({ "status": "processing" }))
        .await;
    assert_waits(app, &store, id, "bank_is_processing", "bank").await;
    app.control(
        Method::POST,
        &path,
        json!({ "status": "requires_payment_method" }),
    )
    .await;
    app.wait_s(3 * 3600);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    assert_waits(app, &store, id, "shopper_must_try_again", "given back").await;
    // Stripe cannot be asked: what is known is told as what it is.
    app.fault(json!({ "path_prefix": "/v1/", "kind": "500", "times": 100 }))
        .await;
    assert_waits(app, &store, id, "next_look", "asked again").await;
}

async fn a_store_that_must_reconnect(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.fault(json!({ "path_prefix": "/v1/", "kind": "401", "times": 1000 }))
        .await;
    assert_waits(
        app,
        &store,
        &order.id,
        "store_must_reconnect",
        "connect Stripe again",
    )
    .await;
    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.connect(&store.id, &store.keys, None).await;
    assert_waits(
        app,
        &store,
        &order.id,
        "shopper_has_not_paid",
        "has not paid",
    )
    .await;
}

async fn a_webhook_that_does_not_come_is_made_up_for(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let (store_id, now) = (store.id.parse().unwrap(), app.clock.now());
    let problem = domain::connection_problem::ConnectionProblem::WebhookNotArriving;
    let mut tx = app.app.db.begin().await.unwrap();
    let (mode, account) = (domain::Mode::Test, &store.keys.account_id);
    db::connection_problems::open(&mut tx, store_id, mode, account, problem, None, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let words = "webhooks do not arrive, so Stripe is asked again in";
    assert_waits(app, &store, &order.id, "shopper_has_not_paid", words).await;
    // An event that is there, and cannot be worked through.
    app.fault(json!({ "path_prefix": "/v1/", "kind": "500", "times": 100 }))
        .await;
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    assert_waits(app, &store, &order.id, "event_pending", "worked through").await;
}

async fn an_order_that_is_paid_by_hand(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = json!({ "name": "Bank transfer" });
    let request = app
        .store_post(&store, "/payment-methods", &body)
        .bearer(&store.api_key);
    let method = request.send().await.expect(201)["id"].clone();
    let cart = stocked_cart(app, &store).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    let id = order["id"].as_str().unwrap();
    assert_waits(app, &store, id, "paid_by_hand", "mark it paid").await;
    app.ask(&store, id, "mark-paid", json!({})).await;
    assert_eq!(app.timeline(&store, id).await["waits_for"], Value::Null);
}

async fn what_only_a_person_can_decide(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": 1 });
    let product = app.create_product(&store, fields).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let id = order["id"].as_str().unwrap();
    let request = app.store_post(&store, "/payment-intents", &json!({ "order_id": id }));
    let token = order["order_token"].as_str().unwrap();
    let intent = request.bearer(token).send().await.expect(201);
    app.wait_s(3 * 3600);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    let faster = app.cart_of(&store, &product, 1).await;
    app.order_cart(&store, &faster).await.expect(201);
    app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    assert_waits(app, &store, id, "unfulfillable", "sold out").await;
    app.ask(&store, id, "refunds", json!({})).await;
    let timeline = app.timeline(&store, id).await;
    assert_eq!(timeline["waits_for"], Value::Null, "{timeline}");
    for kind in ["incident.opened", "incident.resolved"] {
        let told = super::of_kind(&timeline, kind);
        assert_eq!(told.len(), 1, "{kind}: {timeline}");
        assert_eq!(told[0]["detail"]["code"], "unfulfillable");
    }
}

async fn assert_waits(app: &TestApp, store: &ConnectedStore, order: &str, code: &str, words: &str) {
    let (told, message) = app.waits_for(store, order).await;
    assert_eq!(told, code, "{message}");
    assert!(message.contains(words), "{code}: {message}");
}
