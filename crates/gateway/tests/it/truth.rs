//! Stripe is the truth: what happens when a webhook is lost, a cart is paid twice over, or Stripe repeats a failure.

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, stories};

stories!(
    asking_for_an_order_finds_a_payment_whose_webhook_is_lost,
    an_event_is_sealed_in_the_inbox,
    an_order_takes_the_place_of_an_unpaid_cart_payment,
    a_held_cart_payment_locks_the_cart,
    a_500_is_not_repeated_under_its_key,
    paying_closes_the_orders_incidents,
);

async fn asking_for_an_order_finds_a_payment_whose_webhook_is_lost(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(
        app.order(&store, &order.id).await["payment_status"],
        "unpaid"
    );
    let path = format!("/orders/{}", order.id);
    let seen = app
        .store_get(&store, &path)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(seen["payment_status"], "paid");
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn an_event_is_sealed_in_the_inbox(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    let hex = if app.database.path().is_some() {
        "lower(hex(payload))"
    } else {
        "encode(payload, 'hex')"
    };
    let sql = format!("SELECT {hex} FROM stripe_events");
    let rows = app.database.raw(&sql).await.unwrap();
    let payload = rows[0][0].as_deref().unwrap();
    assert!(payload.starts_with("01"), "sealed as bytes");
    for clear in [
        "shopper@example.com",
        "client_secret",
        order.intent.as_str(),
        "\"object\"",
    ] {
        let clear_hex = hex_digits(clear.as_bytes());
        assert!(
            !payload.contains(&clear_hex),
            "{clear} can be read in the inbox"
        );
    }
}

async fn an_order_takes_the_place_of_an_unpaid_cart_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let first = app.prepay(&store, &cart, &token).await.expect(201);
    let first = first["id"].as_str().unwrap().to_owned();
    let body = json!({ "cart_id": cart });
    app.store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    let intent = app.intent_at_stripe(&store, &first).await;
    assert_eq!(
        intent["status"], "canceled",
        "the first payment can still be paid"
    );
}

async fn a_held_cart_payment_locks_the_cart(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let first = app.prepaid(&store, &cart).await;
    app.deliver(&store, "payment_intent.amount_capturable_updated", 1)
        .await;
    app.run_work().await;
    let body = json!({ "cart_id": cart });
    app.store_post(&store, "/orders", &body)
        .send()
        .await
        .expect_error(409, "cart_locked");
    let body = json!({ "cart_id": cart, "payment_reference": first });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(order["payment_status"], "paid");
}

/// Stripe keeps a 500 under its idempotency key for a day.
async fn a_500_is_not_repeated_under_its_key(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    let token = order["order_token"].as_str().unwrap();
    let fault = json!({ "path_prefix": "/v1/payment_intents", "method": "POST", "times": 3, "kind": "500" });
    app.control(Method::POST, "/faults", fault).await;
    let body = json!({ "order_id": order["id"] });
    let pay = || {
        app.store_post(&store, "/payment-intents", &body)
            .bearer(token)
            .send()
    };
    pay().await.expect_error(502, "stripe_error");
    pay().await.expect(201);
    let requests = app.control(Method::GET, "/requests", json!({})).await;
    let listed = requests
        .as_array()
        .cloned()
        .unwrap_or_else(|| requests["requests"].as_array().unwrap().clone());
    let creations = listed
        .iter()
        .filter(|request| request["path"] == "/v1/payment_intents");
    let keys: Vec<&str> = creations
        .map(|request| request["idempotency_key"].as_str().unwrap())
        .collect();
    assert_eq!(keys.len(), 4, "three tries and one anew: {keys:?}");
    assert_eq!(keys[0], keys[2]);
    assert_ne!(keys[2], keys[3], "the failure's key was used again");
}

async fn paying_closes_the_orders_incidents(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let tamper = format!("/payment_intents/{}", order.intent);
    app.control(Method::POST, &tamper, json!({ "amount_received": 1 }))
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(
        app.order(&store, &order.id).await["attention"][0]["code"],
        "amount_mismatch"
    );
    app.control(Method::POST, &tamper, json!({ "amount_received": 1250 }))
        .await;
    let path = format!("/orders/{}", order.id);
    let seen = app
        .store_get(&store, &path)
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&seen["payment_status"], &seen["attention"]),
        (&json!("paid"), &json!([]))
    );
}

fn hex_digits(bytes: &[u8]) -> String {
    use std::fmt::Write;

    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
