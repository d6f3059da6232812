//! Bodies that are no cart, nor anything else.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, TestApp, stories};

stories!(bad_bodies_are_refused_and_lose_nothing);

/// What is wrong, how it is sent, and what the answer says.
struct Bad {
    what: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn bad(what: &'static str, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Bad {
    Bad {
        what,
        content_type: "application/json",
        body: body.into(),
        status,
        code,
    }
}

/// Variations of a body that would be good.
fn bad_bodies(good: &str) -> Vec<Bad> {
    let nested = format!(r#"{{"items":{}1{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let doubled = format!(r#"{{"items":[],{}"#, &good[1..]);
    let bom = [b"\xef\xbb\xbf", good.as_bytes()].concat();
    let padded = format!("{good}{}", " ".repeat(256 * 1024));
    let mut all = vec![
        bad("too large", padded, 413, "body_too_large"),
        bad(
            "10 MB of nothing",
            vec![b' '; 10_000_000],
            413,
            "body_too_large",
        ),
        bad(
            "not UTF-8",
            b"{\"items\":[{\"name\":\"\xff\xfe\"}]}".to_vec(),
            400,
            "invalid_utf8",
        ),
        bad("cut off", &good[..20], 400, "invalid_json"),
        bad("empty", "", 400, "invalid_json"),
        bad("two values", format!("{good}{good}"), 400, "invalid_json"),
        bad("a BOM", bom, 400, "invalid_json"),
        bad(
            "NaN",
            r#"{"items":[{"quantity":NaN}]}"#,
            400,
            "invalid_json",
        ),
        bad(
            "a lone surrogate",
            r#"{"items":[{"name":"\ud800"}]}"#,
            400,
            "invalid_json",
        ),
        bad("2,000 arrays in each other", nested, 400, "invalid_json"),
        bad("a field twice", doubled, 400, "invalid_json"),
        bad("no object", "[]", 400, "invalid_json"),
    ];
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/json",
        "",
    ] {
        let sent = bad("another type", good, 415, "unsupported_media_type");
        all.push(Bad {
            content_type,
            ..sent
        });
    }
    all
}

/// Every route that reads a body of a storefront or a merchant's back end.
fn routes(store: &ConnectedStore, cart: &str) -> [(Method, String); 6] {
    let post = |path: &str| (Method::POST, format!("/api/v1/stores/{}{path}", store.id));
    let (_, items) = post(&format!("/carts/{cart}/items"));
    [
        (Method::PUT, items),
        post("/carts"),
        post("/checkouts"),
        post("/orders"),
        post("/payment-intents"),
        post("/products"),
    ]
}

async fn bad_bodies_are_refused_and_lose_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = json!({ "name": "Coffee", "unit_amount": 1250 });
    let coffee = app.create_product(&store, coffee).await;
    let cart = app.cart_of(&store, &coffee, 1).await;
    let before = read(app, &store, &cart).await;
    let carts = app.count("carts").await;
    let good = json!({ "items": [{ "product_id": coffee, "quantity": 1 }] }).to_string();
    for (method, path) in routes(&store, &cart) {
        for bad in bad_bodies(&good) {
            let request = app
                .http
                .request(method.clone(), &path)
                .bearer(&store.api_key);
            let reply = request.body(bad.content_type, bad.body).send().await;
            assert_eq!(
                reply.status, bad.status,
                "{} to {path}: {}",
                bad.what, reply.text
            );
            reply.expect_error(bad.status, bad.code);
        }
        let request = app.http.request(method, &path).bearer(&store.api_key);
        let zipped = request.header("content-encoding", "gzip");
        let zipped = zipped.body("application/json", good.clone()).send().await;
        zipped.expect_error(415, "unsupported_media_type");
    }
    assert_eq!(read(app, &store, &cart).await, before);
    assert_eq!(app.count("carts").await, carts);
    assert_eq!(
        (app.count("orders").await, app.count("payments").await),
        (0, 0)
    );
}

async fn read(app: &TestApp, store: &ConnectedStore, cart: &str) -> Value {
    app.store_get(store, &format!("/carts/{cart}"))
        .send()
        .await
        .expect(200)
}
