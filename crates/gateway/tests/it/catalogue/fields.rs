//! What a product may be.

use reqwest::Method;
use serde_json::{Value, json};

use super::write;
use crate::harness::{TestApp, stories};

stories!(
    bad_products_are_refused_in_plain_words,
    p16_prices_exist_in_their_currency,
);

/// Fields and values that no product has.
fn bad_fields() -> [(&'static str, Value); 32] {
    let long = |chars: usize| Value::from("x".repeat(chars));
    [
        ("name", json!("")),
        ("name", json!("   ")),
        ("name", json!("a\u{0}b")),
        ("name", json!("a\nb")),
        ("name", long(201)),
        ("name", json!(7)),
        ("sku", json!("")),
        ("sku", long(101)),
        ("description", long(5_001)),
        ("description", json!("\u{0}")),
        ("image_url", json!("http://cdn.example.com/c.png")),
        ("image_url", json!("javascript:alert(1)")),
        ("image_url", json!("data:image/png;base64,AAAA")),
        ("image_url", json!("not a url")),
        (
            "image_url",
            json!(format!("https://cdn.example.com/{}", "x".repeat(2_048))),
        ),
        ("unit_amount", json!(-1)),
        ("unit_amount", json!(100_000_000)),
        ("unit_amount", json!(12.5)),
        ("unit_amount", json!("1250")),
        ("unit_amount", json!("１２")),
        ("unit_amount", json!(1_u64 << 63)),
        ("currency", json!("xyz")),
        ("currency", json!("euro")),
        ("currency", json!("")),
        ("stock", json!(-1)),
        ("stock", json!(1.5)),
        ("stock", json!(1_000_000_001)),
        ("stock", json!(1_u64 << 63)),
        ("price", json!(1)),
        ("store_id", json!("550e8400-e29b-41d4-a716-446655440000")),
        ("id", json!("1")),
        ("active", json!(true)),
    ]
}

async fn bad_products_are_refused_in_plain_words(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let id = app
        .create_product(
            &store,
            json!({ "name": "Coffee", "unit_amount": 100, "stock": 3 }),
        )
        .await;
    let stored = app.count("products").await;
    for (field, value) in bad_fields() {
        let mut whole = json!({ "name": "Coffee", "unit_amount": 100 });
        whole[field] = value.clone();
        let part = json!({ field: value });
        for (method, path, body) in [
            (Method::POST, String::new(), whole),
            (Method::PATCH, format!("/{id}"), part),
        ] {
            let reply = write(app, &store, method.clone(), &path, &body)
                .bearer(&store.api_key)
                .send()
                .await;
            assert_eq!(
                reply.status, 400,
                "{method} {field} {value:.50}: {}",
                reply.text
            );
            assert_eq!(
                reply.json()["error"]["param"],
                field,
                "{method} {value:.50}: {}",
                reply.text
            );
            assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
        }
    }
    for missing in ["name", "unit_amount"] {
        let mut body = json!({ "name": "Coffee", "unit_amount": 100 });
        body.as_object_mut().unwrap().remove(missing);
        let reply = write(app, &store, Method::POST, "", &body)
            .bearer(&store.api_key)
            .send()
            .await;
        assert_eq!(
            reply.expect_error(400, "parameter_missing")["error"]["param"],
            missing
        );
    }
    assert_eq!(app.count("products").await, stored);
    let product = app
        .store_get(&store, &format!("/products/{id}"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&product["name"], &product["stock"]),
        (&"Coffee".into(), &3.into())
    );
    // Counted in characters, not in bytes.
    app.create_product(
        &store,
        json!({ "name": "😀".repeat(200), "unit_amount": 100 }),
    )
    .await;
}

async fn p16_prices_exist_in_their_currency(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let prices = [
        ("eur", 0_i64, true),
        ("eur", 99_999_999, true),
        ("eur", 100_000_000, false),
        ("jpy", 1, true),
        ("jpy", 99_999_999, true),
        ("krw", 500, true),
        ("kwd", 1_230, true),
        ("kwd", 1_234, false),
        ("tnd", 5, false),
        ("isk", 500, true),
        ("isk", 550, false),
        ("ugx", 100_000, true),
        ("ugx", 100_050, false),
        ("idr", 999_999_999_999, true),
        ("idr", 1_000_000_000_000, false),
    ];
    for (currency, unit_amount, exists) in prices {
        let body = json!({ "name": "Coffee", "unit_amount": unit_amount, "currency": currency });
        let reply = write(app, &store, Method::POST, "", &body)
            .bearer(&store.api_key)
            .send()
            .await;
        assert_eq!(
            reply.status,
            if exists { 201 } else { 400 },
            "{unit_amount} {currency}: {}",
            reply.text
        );
        let answer = reply.json();
        if exists {
            assert_eq!(
                (&answer["unit_amount"], &answer["currency"]),
                (&unit_amount.into(), &currency.into())
            );
        } else {
            assert_eq!(answer["error"]["param"], "unit_amount");
        }
    }
    let id = app
        .create_product(
            &store,
            json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" }),
        )
        .await;
    let to_krona = json!({ "currency": "isk" });
    let refused = write(app, &store, Method::PATCH, &format!("/{id}"), &to_krona)
        .bearer(&store.api_key)
        .send()
        .await;
    assert_eq!(
        refused.expect(400)["error"]["param"],
        "unit_amount",
        "12.50 does not exist in króna"
    );
    let to_yen = json!({ "currency": "jpy", "unit_amount": 500 });
    let moved = write(app, &store, Method::PATCH, &format!("/{id}"), &to_yen)
        .bearer(&store.api_key)
        .send()
        .await;
    assert_eq!(moved.expect(200)["currency"], "jpy");
}
