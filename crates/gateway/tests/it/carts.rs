//! Carts: prices from the catalogue, and other stores' products do not exist.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, stories};

mod bodies;
mod bounds;

stories!(
    p1_prices_come_from_the_catalogue,
    p1_nobody_names_what_the_catalogue_knows,
    p2_carts_take_only_products_of_their_own_store,
    only_the_merchant_names_prices,
    carts_are_replaced_until_they_are_paid,
    carts_expire,
);

async fn p1_prices_come_from_the_catalogue(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let items = json!({ "items": [{ "product_id": coffee, "quantity": 2 }, { "product_id": mug, "quantity": 1 }] });
    let cart = app
        .store_post(&store, "/carts", &items)
        .send()
        .await
        .expect(201);
    let id = cart["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "store_id": store.id, "currency": "eur",
        "items": [
            { "product_id": coffee, "name": "Coffee", "unit_amount": 1250, "quantity": 2, "amount": 2500 },
            { "product_id": mug, "name": "Mug", "unit_amount": 399, "quantity": 1, "amount": 399 },
        ],
        "subtotal": 2899, "expires_at": "2026-11-25T11:46:40Z",
    });
    assert_eq!(
        cart["expires_at"],
        (app.clock.now() + jiff::SignedDuration::from_hours(7 * 24)).to_string()
    );
    let mut seen = cart.clone();
    seen["expires_at"] = expected["expires_at"].clone();
    assert_eq!(seen, expected);
    assert_eq!(
        app.store_get(&store, &format!("/carts/{id}"))
            .send()
            .await
            .expect(200),
        cart
    );
}

async fn p1_nobody_names_what_the_catalogue_knows(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let carts = app.count("carts").await;
    let line_fields = [
        ("unit_amount", json!(1)),
        ("name", json!("Free coffee")),
        ("price", json!(1)),
        ("amount", json!(1)),
        ("discount", json!(100)),
        ("currency", json!("jpy")),
    ];
    for (field, value) in line_fields {
        let mut line = json!({ "product_id": coffee, "quantity": 1 });
        line[field] = value;
        // Not even with an API key: a line has one source of its price.
        for key in ["", &store.api_key] {
            let mut request = app.store_post(&store, "/carts", &json!({ "items": [line] }));
            if !key.is_empty() {
                request = request.bearer(key);
            }
            let reply = request.send().await;
            assert_eq!(reply.status, 400, "{field}: {}", reply.text);
            assert!(
                reply.json()["error"]["param"]
                    .as_str()
                    .unwrap()
                    .starts_with("items[0]"),
                "{}",
                reply.text
            );
        }
    }
    let cart_fields = [
        "subtotal",
        "total",
        "discount",
        "store_id",
        "expires_at",
        "id",
        "mode",
        "version",
        "__proto__",
        "",
    ];
    for field in cart_fields {
        let mut body = json!({ "items": [{ "product_id": coffee, "quantity": 1 }] });
        body[field] = json!(1);
        let reply = app.store_post(&store, "/carts", &body).send().await;
        assert_eq!(reply.status, 400, "{field}: {}", reply.text);
    }
    assert_eq!(app.count("carts").await, carts);
}

async fn p2_carts_take_only_products_of_their_own_store(app: &TestApp) {
    let stores = [
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    ];
    let mut products = Vec::new();
    for store in &stores {
        products.push(
            app.create_product(store, json!({ "name": "Thing", "unit_amount": 500 }))
                .await,
        );
    }
    let deleted = app
        .create_product(&stores[0], json!({ "name": "Gone", "unit_amount": 500 }))
        .await;
    let path = format!("/api/v1/stores/{}/products/{deleted}", stores[0].id);
    app.http
        .request(Method::DELETE, &path)
        .bearer(&stores[0].api_key)
        .send()
        .await
        .expect(200);
    let absent = uuid::Uuid::now_v7().to_string();
    for (position, store) in stores.iter().enumerate() {
        let (own, foreign) = (&products[position], &products[1 - position]);
        let cart = app.cart_of(store, own, 1).await;
        let carts = app.count("carts").await;
        let mut answers = Vec::new();
        for id in [foreign.as_str(), &deleted, &absent, "1", ""] {
            for with_key in [false, true] {
                let items = json!({ "items": [{ "product_id": own, "quantity": 1 }, { "product_id": id, "quantity": 1 }] });
                let mut request = app.store_post(store, "/carts", &items);
                if with_key {
                    request = request.bearer(&store.api_key);
                }
                let reply = request.send().await;
                let error = reply.expect_error(404, "resource_missing");
                assert_eq!(error["error"]["param"], "items[1].product_id");
                answers.push(reply.anonymous());
            }
            let changed = app.change_cart(store, &cart, id, 1).await;
            changed.expect_error(404, "resource_missing");
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "foreign and absent look the same"
        );
        assert_eq!(app.count("carts").await, carts);
        let other = &stores[1 - position];
        let foreign_cart = app.store_get(other, &format!("/carts/{cart}")).send().await;
        foreign_cart.expect_error(404, "resource_missing");
        let cart = app
            .store_get(store, &format!("/carts/{cart}"))
            .send()
            .await
            .expect(200);
        assert_eq!(cart["items"][0]["product_id"], **own);
    }
}

async fn only_the_merchant_names_prices(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let body = |line: &Value| json!({ "items": [line], "currency": "eur" });
    let good = json!({ "name": "Consulting", "unit_amount": 5_000, "quantity": 2 });
    let carts = app.count("carts").await;
    let anonymous = app.store_post(&store, "/carts", &body(&good)).send().await;
    anonymous.expect_error(401, "api_key_required");
    let foreign = app
        .store_post(&store, "/carts", &body(&good))
        .bearer(&other.api_key)
        .send()
        .await;
    foreign.expect_error(401, "api_key_invalid");
    let bad = [
        ("unit_amount", json!(-1)),
        ("unit_amount", json!(100_000_000)),
        ("unit_amount", json!(1.5)),
        ("name", json!("")),
        ("name", json!("x".repeat(201))),
        ("name", json!("a\u{0}")),
    ];
    for (field, value) in bad {
        let mut line = good.clone();
        line[field] = value;
        let reply = app
            .store_post(&store, "/carts", &body(&line))
            .bearer(&store.api_key)
            .send()
            .await;
        assert_eq!(
            reply.expect(400)["error"]["param"],
            format!("items[0].{field}"),
            "{}",
            reply.text
        );
    }
    assert_eq!(app.count("carts").await, carts);
    let made = app
        .store_post(&store, "/carts", &body(&good))
        .bearer(&store.api_key)
        .send()
        .await
        .expect(201);
    let expected = json!([{ "product_id": null, "name": "Consulting", "unit_amount": 5_000, "quantity": 2, "amount": 10_000 }]);
    assert_eq!(
        (&made["items"], &made["subtotal"]),
        (&expected, &10_000.into())
    );
    let path = format!(
        "/api/v1/stores/{}/carts/{}/items",
        store.id,
        made["id"].as_str().unwrap()
    );
    let cheaper = json!({ "items": [{ "name": "Consulting", "unit_amount": 1, "quantity": 1 }] });
    let shopper = app
        .http
        .request(Method::PUT, &path)
        .json(&cheaper)
        .send()
        .await;
    shopper.expect_error(401, "api_key_required");
}

async fn carts_are_replaced_until_they_are_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.cart_of(&store, &coffee, 1).await;
    let changed = app.change_cart(&store, &cart, &mug, 2).await.expect(200);
    assert_eq!(
        (&changed["id"], &changed["subtotal"]),
        (&json!(cart), &798.into())
    );
    assert_eq!(
        app.store_get(&store, &format!("/carts/{cart}"))
            .send()
            .await
            .expect(200),
        changed
    );

    let order = app.order_cart(&store, &cart).await.expect(201);
    let body = json!({ "order_id": order["id"] });
    let token = order["order_token"].as_str().unwrap();
    let intent = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(token)
        .send()
        .await
        .expect(201);
    app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let locked = app.change_cart(&store, &cart, &coffee, 1).await;
    locked.expect_error(409, "cart_locked");
    let checkout = app
        .store_post(&store, "/checkouts", &json!({ "cart_id": cart }))
        .send()
        .await;
    checkout.expect_error(409, "cart_locked");
    assert_eq!(
        app.store_get(&store, &format!("/carts/{cart}"))
            .send()
            .await
            .expect(200),
        changed
    );
}

async fn carts_expire(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let cart = app.cart_of(&store, &coffee, 1).await;
    app.clock.advance(jiff::SignedDuration::from_hours(8 * 24));
    app.store_get(&store, &format!("/carts/{cart}"))
        .send()
        .await
        .expect_error(404, "resource_missing");
    app.change_cart(&store, &cart, &coffee, 1)
        .await
        .expect_error(404, "resource_missing");
    app.order_cart(&store, &cart)
        .await
        .expect_error(404, "resource_missing");
    let checkout = app
        .store_post(&store, "/checkouts", &json!({ "cart_id": cart }))
        .send()
        .await;
    checkout.expect_error(404, "resource_missing");
}
