//! A10: which pages may read what, and never with cookies.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, TestApp, stories};

stories!(
    a10_only_the_stores_origins_may_read,
    a10_preflights_are_answered_for_allowed_origins,
    a10_other_routes_are_for_no_page_or_for_all,
);

const SHOP: &str = "https://shop.example.com";

const STRANGERS: [&str; 14] = [
    "https://shop.example.com.evil.example",
    "https://evilshop.example.com",
    "https://sub.shop.example.com",
    "https://evil.example",
    "http://shop.example.com",
    "https://shop.example.com:444",
    "https://shop.example.com:443",
    "https://SHOP.example.com",
    "https://shop.example.com/",
    "https://shop.example.com,https://evil.example",
    "https://other.example.com",
    "null",
    "*",
    "file://",
];

fn check_no_cookies(reply: &Reply) {
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    assert_eq!(reply.header("set-cookie"), "");
}

async fn store_with_shop(app: &TestApp) -> String {
    let body = json!({ "name": "Coffee", "allowed_origins": [SHOP, "http://localhost:5173"] });
    let store = app
        .internal(Method::POST, "/stores", &body)
        .await
        .expect(201);
    let other = json!({ "name": "Tea", "allowed_origins": ["https://other.example.com"] });
    app.internal(Method::POST, "/stores", &other)
        .await
        .expect(201);
    store["id"].as_str().unwrap().to_owned()
}

async fn a10_only_the_stores_origins_may_read(app: &TestApp) {
    let store = store_with_shop(app).await;
    let base = format!("/api/v1/stores/{store}");
    let absent = uuid::Uuid::now_v7();
    // A good answer, an error of a handler, of an extractor, of the router, and one without a route.
    let requests = [
        (Method::GET, format!("{base}/products")),
        (Method::GET, format!("{base}/products/{absent}")),
        (Method::POST, format!("{base}/carts")),
        (Method::GET, format!("{base}/carts")),
        (Method::GET, format!("{base}/orders")),
        (Method::GET, format!("{base}/nothing")),
    ];
    for (method, path) in &requests {
        for origin in [SHOP, "http://localhost:5173", &app.url] {
            let reply = app
                .http
                .request(method.clone(), path)
                .header("origin", origin)
                .send()
                .await;
            assert_eq!(
                reply.header("access-control-allow-origin"),
                origin,
                "{method} {path}"
            );
            assert!(
                reply
                    .header("access-control-expose-headers")
                    .contains("x-request-id")
            );
            assert_eq!(reply.header("vary"), "Origin");
            check_no_cookies(&reply);
        }
        for origin in STRANGERS {
            let reply = app
                .http
                .request(method.clone(), path)
                .header("origin", origin)
                .send()
                .await;
            assert_eq!(
                reply.header("access-control-allow-origin"),
                "",
                "{origin} {method} {path}"
            );
            assert_eq!(
                reply.header("vary"),
                "Origin",
                "a cache must not give a stranger's answer to the shop"
            );
            check_no_cookies(&reply);
        }
        let same_origin = app.http.request(method.clone(), path).send().await;
        assert_eq!(
            (
                same_origin.header("access-control-allow-origin"),
                same_origin.header("vary")
            ),
            ("", "Origin")
        );
    }
    let path = format!("/stores/{store}");
    app.internal(Method::PATCH, &path, &json!({ "allowed_origins": [] }))
        .await
        .expect(200);
    let removed = app
        .http
        .get(&format!("{base}/products"))
        .header("origin", SHOP)
        .send()
        .await;
    assert_eq!(
        removed.header("access-control-allow-origin"),
        "",
        "a removed origin is out at once"
    );
}

async fn a10_preflights_are_answered_for_allowed_origins(app: &TestApp) {
    let store = store_with_shop(app).await;
    let preflight = |origin: &str, path: &str, method: &str| {
        let request = app
            .http
            .request(Method::OPTIONS, &format!("/api/v1/stores/{store}{path}"));
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", method);
        request
            .header(
                "access-control-request-headers",
                "authorization, content-type",
            )
            .send()
    };
    for (path, method) in [
        ("/products", "GET"),
        ("/carts", "POST"),
        ("/carts/x/items", "PUT"),
        ("/orders", "POST"),
    ] {
        let allowed = preflight(SHOP, path, method).await;
        assert_eq!(
            (allowed.status.as_u16(), &*allowed.text),
            (204, ""),
            "{path}"
        );
        assert_eq!(allowed.header("access-control-allow-origin"), SHOP);
        assert!(
            allowed
                .header("access-control-allow-methods")
                .split(", ")
                .any(|known| known == method)
        );
        let headers = allowed.header("access-control-allow-headers");
        for needed in [
            "authorization",
            "content-type",
            "idempotency-key",
            "accept-language",
        ] {
            assert!(
                headers.split(", ").any(|header| header == needed),
                "{headers}"
            );
        }
        assert!(
            allowed
                .header("access-control-max-age")
                .parse::<u64>()
                .unwrap()
                <= 600
        );
        check_no_cookies(&allowed);
        for origin in STRANGERS {
            let refused = preflight(origin, path, method).await;
            for header in [
                "access-control-allow-origin",
                "access-control-allow-methods",
                "access-control-allow-headers",
            ] {
                assert_eq!(refused.header(header), "", "{origin} {path}");
            }
        }
    }
    let unknown_store = format!("/api/v1/stores/{}/products", uuid::Uuid::now_v7());
    let unknown = app
        .http
        .request(Method::OPTIONS, &unknown_store)
        .header("origin", SHOP);
    let unknown = unknown
        .header("access-control-request-method", "GET")
        .send()
        .await;
    assert_eq!(unknown.header("access-control-allow-origin"), "");
}

async fn a10_other_routes_are_for_no_page_or_for_all(app: &TestApp) {
    let store = store_with_shop(app).await;
    for path in [
        format!("/stripe/status/{store}"),
        "/widget.js".into(),
        "/static/lib/api.js".into(),
    ] {
        for origin in [SHOP, "https://evil.example", "null"] {
            let reply = app.http.get(&path).header("origin", origin).send().await;
            reply.expect(200);
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
            check_no_cookies(&reply);
        }
    }
    let unknown = app
        .http
        .get(&format!("/stripe/status/{}", uuid::Uuid::now_v7()))
        .header("origin", SHOP)
        .send()
        .await;
    unknown.expect(404);
    assert_eq!(
        unknown.header("access-control-allow-origin"),
        "*",
        "a page may read that there is no such store"
    );
    let closed = [
        format!("/api/internal/stores/{store}"),
        format!("/stripe/connect?store_id={store}"),
        format!("/stripe/success/{store}"),
        "/checkout/token".into(),
        "/payment/success".into(),
        "/healthz".into(),
    ];
    for path in closed {
        for origin in [SHOP, "https://evil.example", "null"] {
            let reply = app.http.get(&path).header("origin", origin).send().await;
            assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
            check_no_cookies(&reply);
        }
    }
}
