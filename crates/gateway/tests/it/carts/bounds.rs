//! Bounds on everything in a cart.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, stories};

stories!(
    p17_quantities_are_whole_and_bounded,
    carts_that_cannot_be_are_refused,
    carts_may_be_as_full_as_that,
);

/// A line of a request.
fn line(product: &str, quantity: i64) -> Value {
    json!({ "product_id": product, "quantity": quantity })
}

async fn p17_quantities_are_whole_and_bounded(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let cart = app.cart_of(&store, &coffee, 3).await;
    let (carts, lines) = (app.count("carts").await, app.count("cart_items").await);
    let bad = [
        "0",
        "-1",
        "1.5",
        "\"2\"",
        "10001",
        "2147483648",
        "9007199254740992",
        "9223372036854775808",
        "-9223372036854775809",
        "1e3",
        "1e400",
        "-0.0",
        "null",
        "true",
        "[1]",
        "{}",
        "\"１\"",
    ];
    let items = format!("/api/v1/stores/{}/carts/{cart}/items", store.id);
    let carts_path = format!("/api/v1/stores/{}/carts", store.id);
    for quantity in bad {
        let body = format!(r#"{{"items":[{{"product_id":"{coffee}","quantity":{quantity}}}]}}"#);
        for (method, path) in [(Method::POST, &carts_path), (Method::PUT, &items)] {
            let request = app.http.request(method.clone(), path);
            let reply = request.body("application/json", body.clone()).send().await;
            assert_eq!(reply.status, 400, "{method} {quantity}: {}", reply.text);
            // A number that no JSON number type holds is refused before the field is known.
            if quantity != "1e400" {
                assert_eq!(
                    reply.json()["error"]["param"],
                    "items[0].quantity",
                    "{method} {quantity}: {}",
                    reply.text
                );
            }
        }
    }
    let missing = json!({ "items": [{ "product_id": coffee }] });
    let missing = app
        .store_post(&store, "/carts", &missing)
        .send()
        .await
        .expect(400);
    assert!(
        missing["error"]["message"]
            .as_str()
            .unwrap()
            .contains("quantity"),
        "{missing}"
    );
    assert_eq!(
        (app.count("carts").await, app.count("cart_items").await),
        (carts, lines)
    );
    let kept = app
        .store_get(&store, &format!("/carts/{cart}"))
        .send()
        .await
        .expect(200);
    assert_eq!(kept["items"][0]["quantity"], 3);
    let free = app
        .create_product(&store, json!({ "name": "Sample", "unit_amount": 0 }))
        .await;
    app.cart_of(&store, &free, 10_000).await;
}

async fn carts_that_cannot_be_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let euro = app
        .create_product(
            &store,
            json!({ "name": "Euro", "unit_amount": 100, "currency": "eur" }),
        )
        .await;
    let yen = app
        .create_product(
            &store,
            json!({ "name": "Yen", "unit_amount": 100, "currency": "jpy" }),
        )
        .await;
    let dear = app
        .create_product(&store, json!({ "name": "Dear", "unit_amount": 99_999_999 }))
        .await;
    let carts = app.count("carts").await;
    let refused = [
        (json!({ "items": [] }), 400, "cart_empty", Some("items")),
        (
            json!({ "items": vec![line(&euro, 1); 101] }),
            400,
            "too_many_items",
            Some("items"),
        ),
        (
            json!({ "items": [line(&euro, 1), line(&yen, 1)] }),
            422,
            "currency_mismatch",
            Some("items[1].product_id"),
        ),
        (
            json!({ "items": [line(&euro, 1)], "currency": "jpy" }),
            422,
            "currency_mismatch",
            Some("items[0].product_id"),
        ),
        (
            json!({ "items": [line(&euro, 1)], "currency": "xyz" }),
            400,
            "invalid_currency",
            Some("currency"),
        ),
        (
            json!({ "items": [line(&dear, 1), line(&euro, 1)] }),
            422,
            "amount_too_large",
            Some("items"),
        ),
        (
            json!({ "items": [line(&dear, 10_000)] }),
            422,
            "amount_too_large",
            Some("items"),
        ),
        (
            json!({ "items": [{ "quantity": 1 }] }),
            400,
            "parameter_missing",
            Some("items[0].product_id"),
        ),
        (
            json!({ "items": line(&euro, 1) }),
            400,
            "invalid_json",
            Some("items"),
        ),
        (json!({}), 400, "invalid_json", None),
    ];
    for (body, status, code, param) in refused {
        let reply = app.store_post(&store, "/carts", &body).send().await;
        let error = reply.expect_error(status, code);
        if param.is_some() {
            assert_eq!(error["error"]["param"].as_str(), param, "{body:.80}");
        }
    }
    assert_eq!(app.count("carts").await, carts);
}

async fn carts_may_be_as_full_as_that(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let euro = json!({ "name": "Euro", "unit_amount": 100, "currency": "eur" });
    let euro = app.create_product(&store, euro).await;
    let yen = json!({ "name": "Yen", "unit_amount": 100, "currency": "jpy" });
    let yen = app.create_product(&store, yen).await;
    let dear = json!({ "name": "Dear", "unit_amount": 99_999_999 });
    let dear = app.create_product(&store, dear).await;
    let carts = [
        (vec![line(&euro, 1); 100], "eur", 10_000),
        (vec![line(&dear, 1)], "eur", 99_999_999),
        (vec![line(&yen, 3)], "jpy", 300),
    ];
    for (items, currency, subtotal) in carts {
        let body = json!({ "items": items });
        let cart = app
            .store_post(&store, "/carts", &body)
            .send()
            .await
            .expect(201);
        assert_eq!(
            (&cart["currency"], &cart["subtotal"]),
            (&currency.into(), &subtotal.into())
        );
    }
}
