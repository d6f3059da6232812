//! The pages that shoppers see: their state, their headers, and that nothing of a merchant's or a shopper's runs in them.

use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp};

mod checkout;
mod results;
mod static_files;

/// A cart with a checkout, and the order that its page makes; not paid yet.
struct Visit {
    token: String,
    order: Value,
    intent: String,
}

impl Visit {
    async fn begin(app: &TestApp, store: &ConnectedStore) -> Self {
        let cart = app.create_cart(store).await;
        let token = app.open_checkout(store, &cart).await;
        let body = json!({ "cart_id": cart });
        let order = app
            .store_post(store, "/orders", &body)
            .bearer(&token)
            .send()
            .await
            .expect(201);
        let body = json!({ "order_id": order["id"] });
        let intent = app
            .store_post(store, "/payment-intents", &body)
            .bearer(&token)
            .send()
            .await
            .expect(201);
        Self {
            token,
            order,
            intent: intent["id"].as_str().unwrap().to_owned(),
        }
    }
}

/// What every page must carry.
pub fn check_page(page: &Reply) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let policy = page.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(
            policy.split("; ").any(|part| part == directive),
            "{directive} in {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for handler in [
        "onclick=",
        "onerror=",
        "onload=",
        "onsubmit=",
        "javascript:",
    ] {
        assert!(!page.text.contains(handler), "{handler}");
    }
}
