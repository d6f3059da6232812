//! Money that was held before there was an order, and the order never comes.

use gateway::work::sweep;
use reqwest::Method;
use serde_json::json;

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    what_is_held_for_an_address_that_nobody_mends_is_given_free,
    an_order_that_comes_late_keeps_its_payment,
    what_is_held_is_given_free_a_day_after_the_shopper_paid,
    an_order_that_comes_too_late_is_told_so,
    the_payment_of_an_expired_cart_cannot_be_paid,
);

const HOUR_S: i64 = 3600;

/// A cart that is paid with the parcel, and is no order yet.
async fn prepaid(app: &TestApp, store: &ConnectedStore, cart: &str) -> String {
    let methods = app.store_get(store, "/shipping-methods").send().await;
    let method = &methods.expect(200)["data"][0]["id"];
    let token = app.open_checkout(store, cart).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method });
    let request = app.store_post(store, "/payment-intents", &body);
    let intent = request.bearer(&token).send().await.expect(201);
    let intent = intent["id"].as_str().unwrap().to_owned();
    app.pay(&intent, "pm_card_visa").await;
    intent
}

/// Ships a paid cart to a country that the parcel goes to, or not.
async fn ship(app: &TestApp, store: &ConnectedStore, cart: &str, intent: &str, to: &str) -> Reply {
    let methods = app.store_get(store, "/shipping-methods").send().await;
    let body = json!({
        "cart_id": cart, "payment_reference": intent,
        "shipping_method_id": methods.expect(200)["data"][0]["id"],
        "shipping_address": { "name": "Ada", "line1": "1 Main Street", "city": "Town", "country": to },
    });
    app.store_post(store, "/orders", &body).send().await
}

async fn store_that_ships_to_germany(app: &TestApp) -> ConnectedStore {
    let store = app.connected_store("Coffee").await;
    let body = json!({ "name": "Parcel", "amount": 0, "currency": "eur", "countries": ["DE"] });
    let request = app.store_post(&store, "/shipping-methods", &body);
    request.bearer(&store.api_key).send().await.expect(201);
    store
}

async fn status_at_stripe(app: &TestApp, store: &ConnectedStore, intent: &str) -> String {
    let at_stripe = app.intent_at_stripe(store, intent).await;
    at_stripe["status"].as_str().unwrap().to_owned()
}

async fn what_is_held_for_an_address_that_nobody_mends_is_given_free(app: &TestApp) {
    let store = store_that_ships_to_germany(app).await;
    let cart = app.create_cart(&store).await;
    let intent = prepaid(app, &store, &cart).await;
    let refused = ship(app, &store, &cart, &intent, "FR").await;
    refused.expect_error(422, "shipping_not_available");
    // It may still be mended.
    app.wait_s(12 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
    assert_eq!(
        status_at_stripe(app, &store, &intent).await,
        "requires_capture"
    );
    app.wait_s(13 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
    assert_eq!(status_at_stripe(app, &store, &intent).await, "canceled");
    let late = ship(app, &store, &cart, &intent, "DE").await;
    assert!(late.status.is_client_error(), "{}", late.text);
    assert_eq!(app.count("orders").await, 0);
    // The cart can be paid anew.
    let again = prepaid(app, &store, &cart).await;
    assert_ne!(again, intent);
    ship(app, &store, &cart, &again, "DE").await.expect(201);
}

async fn an_order_that_comes_late_keeps_its_payment(app: &TestApp) {
    let store = store_that_ships_to_germany(app).await;
    let path = format!("/stores/{}", store.id);
    let late = json!({ "capture_on": "completed" });
    app.internal(Method::PATCH, &path, &late).await.expect(200);
    let cart = app.create_cart(&store).await;
    let intent = prepaid(app, &store, &cart).await;
    app.wait_s(23 * HOUR_S);
    ship(app, &store, &cart, &intent, "DE").await.expect(201);
    app.wait_s(24 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
    assert_eq!(
        status_at_stripe(app, &store, &intent).await,
        "requires_capture"
    );
}

/// A cart whose payment was begun two days before its shopper paid, and whose hold the sweep has just seen.
async fn paid_after_two_days(app: &TestApp, store: &ConnectedStore) -> (String, String) {
    let cart = app.create_cart(store).await;
    let token = app.open_checkout(store, &cart).await;
    let begun = app.prepay(store, &cart, &token).await.expect(201);
    let intent = begun["id"].as_str().unwrap().to_owned();
    app.wait_s(48 * HOUR_S);
    app.pay(&intent, "pm_card_visa").await;
    app.wait_s(60);
    sweep_and_act(app).await;
    (cart, intent)
}

async fn sweep_and_act(app: &TestApp) {
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
}

async fn what_is_held_is_given_free_a_day_after_the_shopper_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (cart, intent) = paid_after_two_days(app, &store).await;
    app.order_prepaid(&store, &cart, &intent).await.expect(201);

    let (_, intent) = paid_after_two_days(app, &store).await;
    app.wait_s(25 * HOUR_S);
    sweep_and_act(app).await;
    assert_eq!(status_at_stripe(app, &store, &intent).await, "canceled");
}

async fn an_order_that_comes_too_late_is_told_so(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    app.wait_s(25 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    // Before it is cancelled at Stripe, and after.
    for _ in 0..2 {
        let late = app.order_prepaid(&store, &cart, &intent).await;
        let error = late.expect_error(409, "payment_released");
        assert_eq!(error["error"]["param"], "payment_reference");
        app.run_actions().await;
    }
    assert_eq!(status_at_stripe(app, &store, &intent).await, "canceled");
    let again = app.prepaid(&store, &cart).await;
    app.order_prepaid(&store, &cart, &again).await.expect(201);
}

async fn the_payment_of_an_expired_cart_cannot_be_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let intent = app.prepay(&store, &cart, &token).await.expect(201);
    let intent = intent["id"].as_str().unwrap();
    app.wait_s(6 * 24 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
    assert_eq!(
        status_at_stripe(app, &store, intent).await,
        "requires_payment_method"
    );
    app.wait_s(2 * 24 * HOUR_S);
    sweep::run_once(&app.app).await.unwrap();
    app.run_actions().await;
    assert_eq!(status_at_stripe(app, &store, intent).await, "canceled");
}
