//! Shipping methods: offered by the merchant, chosen by the shopper, part of the total.

use reqwest::Method;
use serde_json::{Value, json};

use super::id_of;
use crate::harness::{TestApp, stories};

stories!(
    a_merchant_looks_after_shipping_methods,
    bad_shipping_methods_are_refused,
    shipping_is_part_of_the_total,
    a_checkout_keeps_its_shipping_price,
    an_order_goes_where_its_shipping_goes,
    another_shipping_method_makes_another_order,
    paying_first_pays_the_shipping_too,
);

async fn a_merchant_looks_after_shipping_methods(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    let body = json!({ "name": " Parcel ", "amount": 490, "currency": "EUR", "countries": ["de", "AT", "de"] });
    let made = app
        .merchant(&store, Method::POST, "/shipping-methods", body)
        .await
        .expect(201);
    let id = id_of(&made);
    let parcel = json!({ "id": id, "name": "Parcel", "amount": 490, "currency": "eur", "countries": ["AT", "DE"] });
    assert_eq!(made, parcel);
    let listed = app
        .store_get(&store, "/shipping-methods")
        .send()
        .await
        .expect(200);
    assert_eq!(
        listed,
        json!({ "object": "list", "data": [parcel], "has_more": false })
    );
    let path = format!("/shipping-methods/{id}");
    let changed = app
        .merchant(
            &store,
            Method::PATCH,
            &path,
            json!({ "amount": 0, "countries": [] }),
        )
        .await
        .expect(200);
    assert_eq!(
        (&changed["amount"], &changed["countries"], &changed["name"]),
        (&json!(0), &json!([]), &json!("Parcel"))
    );
    // Another store's key finds nothing here.
    for method in [Method::PATCH, Method::DELETE] {
        app.merchant(&other, method, &path, json!({}))
            .await
            .expect_error(404, "resource_missing");
    }
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect(200);
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect_error(404, "resource_missing");
    let listed = app
        .store_get(&store, "/shipping-methods")
        .send()
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([]));
}

async fn bad_shipping_methods_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cases: [(Value, &str, &str); 9] = [
        (json!({ "amount": 1 }), "parameter_missing", "name"),
        (json!({ "name": "Parcel" }), "parameter_missing", "amount"),
        (json!({ "name": "", "amount": 1 }), "invalid_value", "name"),
        (
            json!({ "name": "x".repeat(101), "amount": 1 }),
            "invalid_value",
            "name",
        ),
        (
            json!({ "name": "Parcel", "amount": -1 }),
            "invalid_value",
            "amount",
        ),
        (
            json!({ "name": "Parcel", "amount": 100_000_000 }),
            "invalid_value",
            "amount",
        ),
        (
            json!({ "name": "Parcel", "amount": 5125, "currency": "kwd" }),
            "invalid_value",
            "amount",
        ),
        (
            json!({ "name": "Parcel", "amount": 1, "currency": "xxx" }),
            "invalid_currency",
            "currency",
        ),
        (
            json!({ "name": "Parcel", "amount": 1, "countries": ["DE", "XX"] }),
            "invalid_value",
            "countries[1]",
        ),
    ];
    for (body, code, param) in cases {
        let refused = app
            .merchant(&store, Method::POST, "/shipping-methods", body.clone())
            .await;
        assert_eq!(
            refused.expect_error(400, code)["error"]["param"],
            param,
            "{body}"
        );
    }
    let body = json!({ "name": "Parcel", "amount": 1 });
    app.store_post(&store, "/shipping-methods", &body)
        .send()
        .await
        .expect_error(401, "api_key_invalid");
}

async fn shipping_is_part_of_the_total(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.shipping_method(&store, 490, json!(["DE"])).await;
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method, "shipping_address": { "country": "DE" } });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        (&order["amount"], &order["subtotal"]),
        (&json!(1740), &json!(1250))
    );
    assert_eq!(
        order["shipping"],
        json!({ "method_id": method, "name": "Parcel", "amount": 490 })
    );
    // The order keeps what it says, whatever the merchant changes later.
    let path = format!("/shipping-methods/{method}");
    app.merchant(
        &store,
        Method::PATCH,
        &path,
        json!({ "name": "Post", "amount": 900 }),
    )
    .await
    .expect(200);
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect(200);
    let intent = app.intent_of(&store, &order).await.expect(201);
    assert_eq!(intent["amount"], 1740);
    app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let paid = app.order(&store, &id_of(&order)).await;
    assert_eq!(
        (&paid["payment_status"], &paid["shipping"]),
        (&json!("paid"), &order["shipping"])
    );
}

async fn a_checkout_keeps_its_shipping_price(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.shipping_method(&store, 490, json!([])).await;
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method });
    let checkout = app
        .store_post(&store, "/checkouts", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(checkout["amount"], 1740);
    let path = format!("/shipping-methods/{method}");
    app.merchant(&store, Method::PATCH, &path, json!({ "amount": 990 }))
        .await
        .expect(200);
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect(200);
    let token = checkout["checkout_token"].as_str().unwrap();
    let place = |body: Value| async move {
        app.store_post(&store, "/orders", &body)
            .bearer(token)
            .send()
            .await
    };
    let order = place(json!({ "cart_id": cart })).await.expect(201);
    assert_eq!(
        (&order["amount"], &order["shipping"]["amount"]),
        (&json!(1740), &json!(490))
    );
}

async fn an_order_goes_where_its_shipping_goes(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    let near = app.shipping_method(&store, 490, json!(["DE", "AT"])).await;
    let foreign = app.shipping_method(&other, 1, json!([])).await;
    let dollars = json!({ "name": "Air", "amount": 900, "currency": "usd" });
    let dollars = id_of(
        &app.merchant(&store, Method::POST, "/shipping-methods", dollars)
            .await
            .expect(201),
    );
    let cart = app.create_cart(&store).await;
    let absent = uuid::Uuid::now_v7().to_string();
    let cases = [
        (
            &near,
            json!({ "country": "FR" }),
            422,
            "shipping_not_available",
        ),
        (
            &near,
            json!({ "country": "Germany" }),
            422,
            "shipping_not_available",
        ),
        (
            &foreign,
            json!({ "country": "DE" }),
            404,
            "resource_missing",
        ),
        (&absent, json!({ "country": "DE" }), 404, "resource_missing"),
        (
            &dollars,
            json!({ "country": "DE" }),
            422,
            "shipping_currency_mismatch",
        ),
    ];
    for (method, address, status, code) in cases {
        for path in ["/orders", "/checkouts"] {
            let body = json!({ "cart_id": cart, "shipping_method_id": method, "shipping_address": address });
            app.store_post(&store, path, &body)
                .send()
                .await
                .expect_error(status, code);
        }
    }
    let nowhere = json!({ "cart_id": cart, "shipping_method_id": near });
    app.store_post(&store, "/orders", &nowhere)
        .send()
        .await
        .expect_error(422, "shipping_address_required");
    // The page of a checkout asks for the address.
    app.store_post(&store, "/checkouts", &nowhere)
        .send()
        .await
        .expect(201);
    assert_eq!(app.count("orders").await, 0);
}

async fn another_shipping_method_makes_another_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let slow = app.shipping_method(&store, 490, json!([])).await;
    let fast = app.shipping_method(&store, 990, json!([])).await;
    let cart = app.create_cart(&store).await;
    let order = async |method: &str| {
        let body = json!({ "cart_id": cart, "shipping_method_id": method });
        app.store_post(&store, "/orders", &body).send().await
    };
    let first = order(&slow).await.expect(201);
    let intent = app.intent_of(&store, &first).await.expect(201);
    assert_eq!(order(&slow).await.expect(200)["id"], first["id"]);
    let second = order(&fast).await.expect(201);
    assert_eq!(second["amount"], 2240);
    assert_eq!(
        app.order(&store, &id_of(&first)).await["status"],
        "cancelled"
    );
    let withdrawn = app
        .intent_at_stripe(&store, intent["id"].as_str().unwrap())
        .await;
    assert_eq!(withdrawn["status"], "canceled");
}

async fn paying_first_pays_the_shipping_too(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.shipping_method(&store, 490, json!([])).await;
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method });
    let intent = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&store.api_key)
        .send()
        .await
        .expect(201);
    assert_eq!(intent["amount"], 1740);
    let intent = id_of(&intent);
    app.pay(&intent, "pm_card_visa").await;
    // Without its shipping the cart costs less than was paid.
    app.order_prepaid(&store, &cart, &intent)
        .await
        .expect_error(409, "payment_mismatch");
    let body =
        json!({ "cart_id": cart, "payment_reference": intent, "shipping_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        (&order["amount"], &order["payment_status"]),
        (&json!(1740), &json!("paid"))
    );
}
