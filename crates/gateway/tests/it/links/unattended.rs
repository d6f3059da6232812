//! Shoppers who pay and never come back, and those who never pay: whatever happens, no money is left without an order.

use reqwest::Method;
use serde_json::json;

use crate::harness::{ConnectedStore, Link, TestApp, stories};

stories!(
    p12_a_paid_link_gets_its_order_without_its_shopper,
    p13_a_link_that_was_paid_in_time_gets_its_order_after_its_end,
    p13_what_cannot_become_an_order_is_given_back,
    c8_a_paid_link_waits_for_a_new_key,
    p13_a_trouble_that_stays_gives_the_money_back,
);

/// Stripe tells us that the money is there.
async fn hear(app: &TestApp, store: &ConnectedStore) {
    app.deliver(store, "payment_intent.amount_capturable_updated", 1)
        .await;
    app.run_work().await;
}

async fn status_at_stripe(app: &TestApp, store: &ConnectedStore, link: &Link) -> String {
    let at_stripe = app.intent_at_stripe(store, &link.intent).await;
    at_stripe["status"].as_str().unwrap().to_owned()
}

async fn p12_a_paid_link_gets_its_order_without_its_shopper(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    app.run_links().await;
    assert_eq!(app.count("orders").await, 0, "we have not heard of it");
    hear(app, &store).await;
    app.run_links().await;
    assert_eq!(app.count("orders").await, 1);
    assert_eq!(app.link_status(&store, &link).await, "completed");
    assert_eq!(status_at_stripe(app, &store, &link).await, "succeeded");
    let page = app.link_page(&link.token, "?back=1").await;
    assert!(
        page.text.contains("Thank you, your payment is complete"),
        "{}",
        page.text
    );
}

async fn p13_a_link_that_was_paid_in_time_gets_its_order_after_its_end(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    // No webhook came, and nobody came back.
    app.wait_s(30 * 60);
    let page = app.link_page(&link.token, "?back=1").await;
    assert!(
        page.text.contains("Confirming your payment"),
        "{}",
        page.text
    );
    app.run_links().await;
    assert_eq!(app.count("orders").await, 1);
    assert_eq!(app.link_status(&store, &link).await, "completed");
    assert_eq!(status_at_stripe(app, &store, &link).await, "succeeded");
}

async fn p13_what_cannot_become_an_order_is_given_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let print = json!({ "name": "Print", "unit_amount": 5_000, "stock": 1 });
    let print = app.create_product(&store, print).await;
    let (slow, fast) = (
        app.cart_of(&store, &print, 1).await,
        app.cart_of(&store, &print, 1).await,
    );
    let link = app.paid_link(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    hear(app, &store).await;
    app.run_links().await;
    app.run_actions().await;
    assert_eq!(app.link_status(&store, &link).await, "closed");
    assert_eq!(status_at_stripe(app, &store, &link).await, "canceled");
    assert_eq!(app.count("orders").await, 1);
}

async fn c8_a_paid_link_waits_for_a_new_key(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    hear(app, &store).await;
    app.fault(json!({ "path_prefix": "/v1/payment_intents", "kind": "401" }))
        .await;
    app.run_links().await;
    let refused = app.complete_link(&link.token, &link.intent).await;
    refused.expect_error(409, "store_reconnect_needed");
    app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
        .await;
    app.wait_s(30);
    app.run_links().await;
    assert_eq!(app.link_status(&store, &link).await, "completed");
    assert_eq!(app.count("orders").await, 1);
}

async fn p13_a_trouble_that_stays_gives_the_money_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    hear(app, &store).await;
    // Stripe shows another amount than was asked for: nothing fits any more.
    let path = format!("/payment_intents/{}", link.intent);
    app.control(Method::POST, &path, json!({ "amount": 1249 }))
        .await;
    for _ in 0..39 {
        app.run_links().await;
        app.wait_s(60);
    }
    assert_eq!(app.link_status(&store, &link).await, "expired");
    app.wait_s(60);
    app.run_links().await;
    app.run_actions().await;
    assert_eq!(app.link_status(&store, &link).await, "closed");
    assert_eq!(app.count("orders").await, 0);
    let page = app.link_page(&link.token, "").await;
    assert_eq!(page.status, 410, "{}", page.text);
}
