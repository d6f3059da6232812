//! Ways to pay that a shopper lets a store keep, and what the merchant may do with them.

mod chargeable;
mod gone;
mod restricted;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, Reply, TestApp, stories};

stories!(
    a_card_is_kept_with_the_shoppers_consent_only,
    a_kept_card_pays_a_cart_without_its_shopper,
    where_the_bank_asks_the_shopper_gets_a_link,
    a_kept_card_is_its_stores_and_its_modes,
    r1_a_charge_whose_answer_is_lost_happens_once,
);

/// Says whether the card is kept.
pub async fn consent(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    wants: bool,
) -> Reply {
    let body = json!({ "order_id": order.id, "save_payment_method": wants });
    let call = app.store_post(store, "/payment-intents", &body);
    call.bearer(&order.token).send().await
}

pub async fn saved(app: &TestApp, store: &ConnectedStore, email: &str) -> Vec<Value> {
    let path = format!("/saved-payment-methods?email={email}");
    let list = app.store_get(store, &path).bearer(&store.api_key);
    let list = list.send().await.expect(200);
    list["data"].as_array().unwrap().clone()
}

/// An order that is paid with this card, which the shopper lets the store keep. Answers with the card's id.
pub async fn keep(app: &TestApp, store: &ConnectedStore, method: &str) -> String {
    let order = app.place_order(store).await;
    consent(app, store, &order, true).await.expect(200);
    let paid = app.pay(&order.intent, method).await;
    if paid["status"] == "requires_action" {
        let path = format!("/payment_intents/{}/authenticate", order.intent);
        app.control(Method::POST, &path, json!({ "outcome": "success" }))
            .await;
    }
    app.deliver(store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    let saved = saved(app, store, "shopper@example.com").await;
    saved[0]["id"].as_str().unwrap().to_owned()
}

pub async fn charge(app: &TestApp, store: &ConnectedStore, method: &str, cart: &str) -> Reply {
    let path = format!("/saved-payment-methods/{method}/charges");
    let call = app.store_post(store, &path, &TestApp::link_body(cart));
    call.bearer(&store.api_key).send().await
}

async fn a_card_is_kept_with_the_shoppers_consent_only(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    for wants in [true, true, false, false] {
        consent(app, &store, &order, wants).await.expect(200);
        let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
        let expected = if wants {
            json!("off_session")
        } else {
            Value::Null
        };
        assert_eq!(at_stripe["setup_future_usage"], expected);
    }
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert!(saved(app, &store, "shopper@example.com").await.is_empty());

    let order = app.place_order(&store).await;
    consent(app, &store, &order, true).await.expect(200);
    assert!(
        saved(app, &store, "shopper@example.com").await.is_empty(),
        "not paid yet"
    );
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 3).await;
    app.run_work().await;
    let kept = saved(app, &store, "%20Shopper@Example.com").await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (&kept[0]["kind"], &kept[0]["brand"], &kept[0]["last4"]),
        (&json!("card"), &json!("visa"), &json!("4242"))
    );
    assert_eq!(kept[0]["expires"].as_str().unwrap().len(), 7);
    assert_eq!(
        app.count("customers").await,
        1,
        "one customer of one address"
    );

    // Nobody is kept without a name to be found by.
    let cart = app.create_cart(&store).await;
    let nameless = app.order_cart(&store, &cart).await.expect(201);
    let body = json!({ "order_id": nameless["id"], "save_payment_method": true });
    let call = app.store_post(&store, "/payment-intents", &body);
    let call = call.bearer(nameless["order_token"].as_str().unwrap());
    call.send().await.expect_error(400, "parameter_missing");
}

async fn a_kept_card_pays_a_cart_without_its_shopper(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = keep(app, &store, "pm_card_visa").await;
    let cart = app.create_cart(&store).await;
    let order = charge(app, &store, &method, &cart).await.expect(201);
    assert_eq!(
        (&order["status"], &order["payment_status"], &order["amount"]),
        (&json!("confirmed"), &json!("paid"), &json!(1250))
    );
    let intent = order["payment_intent_id"].as_str().unwrap();
    let at_stripe = app.intent_at_stripe(&store, intent).await;
    assert_eq!(at_stripe["amount_received"], 1250);
    let again = charge(app, &store, &method, &cart).await;
    again.expect_error(409, "cart_locked");

    // What cannot be ordered is not charged.
    let product = json!({ "name": "Print", "unit_amount": 5_000, "stock": 0 });
    let product = app.create_product(&store, product).await;
    let gone = app.cart_of(&store, &product, 1).await;
    charge(app, &store, &method, &gone)
        .await
        .expect_error(422, "insufficient_stock");
    app.run_actions().await;
    let all = app.intents_at_stripe(&store).await;
    let kept = all
        .iter()
        .filter(|intent| intent["status"] == "succeeded")
        .count();
    assert_eq!((kept, all.len()), (2, 3));

    // Given up, it is gone for good.
    let path = format!("/api/v1/stores/{}/saved-payment-methods/{method}", store.id);
    let call = app
        .http
        .request(Method::DELETE, &path)
        .bearer(&store.api_key);
    assert_eq!(call.send().await.status, 200);
    let cart = app.create_cart(&store).await;
    charge(app, &store, &method, &cart)
        .await
        .expect_error(404, "resource_missing");
    assert!(saved(app, &store, "shopper@example.com").await.is_empty());
}

async fn where_the_bank_asks_the_shopper_gets_a_link(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = keep(app, &store, "pm_card_authenticationRequired").await;
    let cart = app.create_cart(&store).await;
    let reply = charge(app, &store, &method, &cart).await;
    let body = reply.expect(402);
    assert_eq!(body["error"]["code"], "authentication_required");
    let url = body["payment_url"].as_str().unwrap();
    let token = url.rsplit('/').next().unwrap();
    app.keep_token(token);
    assert_eq!(app.count("orders").await, 1, "nothing is ordered yet");
    let shown = app.show_link(token).await.expect(200);
    let intent = shown["client_secret"].as_str().unwrap();
    let intent = intent.split("_secret_").next().unwrap();
    app.pay(intent, "pm_card_visa").await;
    let page = app.link_page(token, "?back=1").await;
    assert!(
        page.text.contains("Thank you, your payment is complete"),
        "{}",
        page.text
    );
    assert_eq!(app.count("orders").await, 2);
}

async fn a_kept_card_is_its_stores_and_its_modes(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let method = keep(app, &store, "pm_card_visa").await;
    let live_key = app.create_api_key(&store.id, "live").await;
    let cart = app.create_cart(&other).await;
    charge(app, &other, &method, &cart)
        .await
        .expect_error(404, "resource_missing");
    assert!(saved(app, &other, "shopper@example.com").await.is_empty());
    for (store, key, status) in [
        (&store, live_key.as_str(), 404),
        (&other, &other.api_key, 404),
        (&store, &other.api_key, 401),
    ] {
        let path = format!("/api/v1/stores/{}/saved-payment-methods/{method}", store.id);
        let call = app.http.request(Method::DELETE, &path).bearer(key);
        assert_eq!(call.send().await.status, status);
    }
    let list = app.store_get(&store, "/saved-payment-methods?email=shopper@example.com");
    let list = list.bearer(&live_key).send().await.expect(200);
    assert_eq!(list["data"], json!([]));
    assert_eq!(saved(app, &store, "shopper@example.com").await.len(), 1);
}

async fn r1_a_charge_whose_answer_is_lost_happens_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = keep(app, &store, "pm_card_visa").await;
    for (step, kind) in [
        ("/confirm", "after_effect_timeout"),
        ("/capture", "after_effect_timeout"),
        ("", "after_effect_reset"),
    ] {
        let before = app.count("orders").await;
        let cart = app.create_cart(&store).await;
        let prepared = app.create_link(&store, &cart).await;
        let path = format!("/v1/payment_intents/{}{step}", prepared.intent);
        app.fault(json!({ "path_prefix": path, "method": "POST", "kind": kind }))
            .await;
        let reply = charge(app, &store, &method, &cart).await;
        assert!(
            matches!(reply.status.as_u16(), 201 | 504),
            "{step}: {}",
            reply.text
        );
        // Nobody asks again: Stripe tells us, and our own work makes the order.
        app.deliver(&store, "payment_intent.amount_capturable_updated", 1)
            .await;
        app.run_work().await;
        app.wait_s(61);
        app.run_links().await;
        app.run_actions().await;
        assert_eq!(app.count("orders").await, before + 1, "{step}");
        let at_stripe = app.intent_at_stripe(&store, &prepared.intent).await;
        assert_eq!(at_stripe["amount_received"], 1250, "{step}");
    }
}
