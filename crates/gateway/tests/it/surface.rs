//! The whole surface: every path knows its methods, says what it does not know, and answers with an id.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, stories};

stories!(
    every_path_names_its_methods,
    unknown_paths_and_malformed_ids_are_404,
    bad_queries_are_refused_in_the_envelope,
    every_answer_has_an_id_and_safe_headers,
);

/// Every route: its path with `{store}` for the store's id, and what it answers to.
pub const ROUTES: [(&str, &str); 55] = [
    ("/healthz", "GET"),
    ("/readyz", "GET"),
    ("/webhook/stripe", "POST"),
    ("/webhook/stripe/{store}", "POST"),
    ("/stripe/connect", "GET, POST"),
    ("/stripe/success/{store}", "GET"),
    ("/stripe/status/{store}", "GET"),
    ("/portal/sign-in", "GET"),
    ("/checkout/token", "GET"),
    ("/payment/success", "GET"),
    ("/payment/cancel", "GET"),
    ("/pay/token", "GET"),
    ("/openapi.json", "GET"),
    ("/docs", "GET"),
    ("/demo", "GET"),
    ("/widget.js", "GET"),
    ("/static/app.css", "GET"),
    ("/api/internal/stores", "POST"),
    ("/api/internal/stores/{store}", "GET, PATCH"),
    ("/api/internal/stores/{store}/stripe-status", "GET"),
    ("/api/internal/stores/{store}/connect-links", "POST"),
    ("/api/internal/stores/{store}/api-keys", "POST"),
    ("/api/internal/orders/id", "GET"),
    ("/api/v1/stores/{store}/products", "GET, POST"),
    ("/api/v1/stores/{store}/products.csv", "GET"),
    ("/api/v1/stores/{store}/products/import", "POST"),
    ("/api/v1/stores/{store}/products/id", "GET, PATCH, DELETE"),
    ("/api/v1/stores/{store}/shipping-methods", "GET, POST"),
    (
        "/api/v1/stores/{store}/shipping-methods/id",
        "PATCH, DELETE",
    ),
    ("/api/v1/stores/{store}/payment-methods", "GET, POST"),
    ("/api/v1/stores/{store}/payment-methods/id", "PATCH, DELETE"),
    ("/api/v1/stores/{store}/orders/id/mark-paid", "POST"),
    ("/api/v1/stores/{store}/orders/id/restock", "POST"),
    ("/api/v1/stores/{store}/carts", "POST"),
    ("/api/v1/stores/{store}/carts/id", "GET"),
    ("/api/v1/stores/{store}/carts/id/items", "PUT"),
    ("/api/v1/stores/{store}/checkouts", "POST"),
    ("/api/v1/stores/{store}/payment-intents", "POST"),
    ("/api/v1/stores/{store}/payment-links", "POST"),
    ("/api/v1/payment-links/token", "GET"),
    ("/api/v1/payment-links/token/complete", "POST"),
    ("/api/v1/stores/{store}/payments/pi_1", "GET"),
    ("/api/v1/stores/{store}/orders", "GET, POST"),
    ("/api/v1/stores/{store}/orders/id/timeline", "GET"),
    ("/api/v1/stores/{store}/orders/id/status", "POST"),
    ("/api/v1/stores/{store}/orders/id/capture", "POST"),
    ("/api/v1/stores/{store}/orders/id/cancel", "POST"),
    ("/api/v1/stores/{store}/orders/id/refunds", "GET, POST"),
    ("/api/v1/stores/{store}/saved-payment-methods", "GET"),
    ("/api/v1/stores/{store}/saved-payment-methods/id", "DELETE"),
    (
        "/api/v1/stores/{store}/saved-payment-methods/id/charges",
        "POST",
    ),
    ("/api/v1/stores/{store}/events", "GET"),
    ("/api/v1/stores/{store}/events/replay", "POST"),
    ("/api/v1/stores/{store}/events/id", "GET"),
    ("/api/v1/stores/{store}/events/id/replay", "POST"),
];

async fn every_path_names_its_methods(app: &TestApp) {
    let store = app.create_store("Coffee").await;
    for (path, methods) in ROUTES {
        let path = path.replace("{store}", &store);
        let known: Vec<&str> = methods.split(", ").collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let reply = app
                .http
                .request(method.parse().unwrap(), &path)
                .send()
                .await;
            if known.contains(&method) {
                assert_ne!(reply.status, 405, "{method} {path}");
            } else {
                assert_eq!(reply.status, 405, "{method} {path}: {}", reply.text);
                reply.expect_error(405, "method_not_allowed");
                assert_eq!(reply.header("allow"), methods, "{method} {path}");
            }
        }
    }
}

async fn unknown_paths_and_malformed_ids_are_404(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let id = &store.id;
    let absent = uuid::Uuid::now_v7();
    let paths = [
        "/".to_owned(),
        "/nothing".into(),
        "/api".into(),
        "/api/v1/stores".into(),
        format!("/api/v1/stores/{id}"),
        format!("/api/v1/stores/{id}/nothing"),
        format!("/api/v1/stores/{id}/products/"),
        format!("/api/v1/stores/{absent}/products"),
        "/api/v1/stores/1/products".into(),
        format!("/api/v1/stores/{}/products", id.replace('-', "")),
        "/api/v1/stores/%00/products".into(),
        "/api/v1/stores/%FF%FE/products".into(),
        "/api/internal/nothing".into(),
        "/static/../Cargo.toml".into(),
        "/static/%2e%2e/Cargo.toml".into(),
        "/static/%2e%2e%2fCargo.toml".into(),
        "/static/nothing.js".into(),
        "/static/".into(),
    ];
    for path in paths {
        let reply = app.http.get(&path).send().await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
        let code = reply.json()["error"]["code"].as_str().unwrap().to_owned();
        reply.expect_error(404, &code);
    }
    let malformed = [
        "1",
        "%00",
        "%FF",
        "..%2f",
        "'%20OR%201=1--",
        "550e8400e29b41d4a716446655440000",
        "💳",
    ];
    for bad in malformed {
        for collection in ["products", "carts", "orders", "payments", "events"] {
            let path = format!("/{collection}/{bad}");
            let reply = app
                .store_get(&store, &path)
                .bearer(&store.api_key)
                .send()
                .await;
            assert_eq!(reply.status, 404, "{path}: {}", reply.text);
            reply.expect_error(404, "resource_missing");
        }
    }
}

async fn bad_queries_are_refused_in_the_envelope(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let id = uuid::Uuid::now_v7();
    let bad = [
        ("limit=0".to_owned(), "limit"),
        ("limit=101".into(), "limit"),
        ("limit=-1".into(), "limit"),
        ("limit=ten".into(), "limit"),
        ("limit=".into(), "limit"),
        ("limit=99999999999999999999".into(), "limit"),
        ("starting_after=1".into(), "starting_after"),
        ("ending_before=%00".into(), "ending_before"),
        ("starting_after=".into(), "starting_after"),
        (
            format!("starting_after={id}&ending_before={id}"),
            "ending_before",
        ),
    ];
    for list in ["products", "orders", "events"] {
        for (query, param) in &bad {
            let reply = app
                .store_get(&store, &format!("/{list}?{query}"))
                .bearer(&store.api_key)
                .send()
                .await;
            assert_eq!(reply.status, 400, "{list}?{query}: {}", reply.text);
            assert_eq!(reply.json()["error"]["param"], *param, "{list}?{query}");
        }
        let twice = app
            .store_get(&store, &format!("/{list}?limit=1&limit=2"))
            .bearer(&store.api_key)
            .send()
            .await;
        twice.expect_error(400, "invalid_query");
    }
}

async fn every_answer_has_an_id_and_safe_headers(app: &TestApp) {
    let store = app.create_store("Coffee").await;
    let mut seen = HashSet::new();
    for (path, methods) in ROUTES {
        let path = path.replace("{store}", &store);
        let method: Method = methods.split(", ").next().unwrap().parse().unwrap();
        // A caller's own id is not taken over: it would stand in our log.
        let request = app
            .http
            .request(method, &path)
            .header("x-request-id", "FORGED-ID")
            .json(&json!({}));
        let reply = request.send().await;
        let request_id = reply.header("x-request-id").to_owned();
        assert!(request_id.len() >= 32 && seen.insert(request_id), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            !reply.header("content-security-policy").is_empty(),
            "{path}"
        );
        let is_public = path.starts_with("/static/")
            || ["/widget.js", "/openapi.json"].contains(&path.as_str())
            || path.starts_with("/stripe/status/");
        if is_public {
            assert!(
                reply.header("cache-control").starts_with("public"),
                "{path}"
            );
        } else {
            assert!(reply.header("cache-control").contains("no-store"), "{path}");
        }
        if reply.status.is_client_error()
            && reply.header("content-type").starts_with("application/json")
        {
            assert_eq!(
                reply.json()["error"]["request_id"],
                reply.header("x-request-id"),
                "{path}"
            );
        }
    }
}
