//! A store that ships sends nothing for nothing, and nowhere that it does not go to.

use reqwest::Method;
use serde_json::{Value, json};

use super::id_of;
use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    shoppers_cannot_leave_the_shipping_out,
    a_paid_cart_without_its_shipping_makes_no_order,
    the_merchants_back_end_may_leave_the_shipping_out,
    a_store_without_shipping_sells_as_before,
    the_page_says_where_the_shop_does_not_ship,
);

async fn place(app: &TestApp, store: &ConnectedStore, body: Value, token: Option<&str>) -> Reply {
    let request = app.store_post(store, "/orders", &body);
    match token {
        Some(token) => request.bearer(token).send().await,
        None => request.send().await,
    }
}

async fn shoppers_cannot_leave_the_shipping_out(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let retired = app.shipping_method(&store, 1, json!([])).await;
    let path = format!("/shipping-methods/{retired}");
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect(200);
    let near = app.shipping_method(&store, 490, json!(["DE"])).await;
    let cases = [
        (json!({ "country": "DE" }), "shipping_method_required"),
        (Value::Null, "shipping_method_required"),
        (json!({ "country": "FR" }), "shipping_not_available"),
        (json!({ "country": "Germany" }), "shipping_not_available"),
    ];
    for (address, code) in cases {
        for path in ["/orders", "/payment-links"] {
            if path == "/payment-links" && address.is_null() {
                continue;
            }
            let body = json!({ "cart_id": cart, "shipping_address": address });
            let reply = app.store_post(&store, path, &body).send().await;
            reply.expect_error(422, code);
        }
        let body = json!({ "cart_id": cart, "shipping_address": address });
        place(app, &store, body, Some(&token))
            .await
            .expect_error(422, code);
    }
    let refused = app.prepay(&store, &cart, &token).await;
    let refused = refused.expect_error(422, "shipping_method_required");
    assert_eq!(refused["error"]["param"], "shipping_method_id");
    assert_eq!(app.count("orders").await, 0);
    assert!(app.intent_creations().await.is_empty());
    let body = json!({ "cart_id": cart, "shipping_method_id": near, "shipping_address": { "country": "DE" } });
    let order = place(app, &store, body, Some(&token)).await.expect(201);
    assert_eq!(order["amount"], 1740);
}

async fn a_paid_cart_without_its_shipping_makes_no_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    // Costs nothing: the amount does not tell whether it was left out.
    let method = app.shipping_method(&store, 0, json!(["DE"])).await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method });
    let request = app.store_post(&store, "/payment-intents", &body);
    let intent = id_of(&request.bearer(&token).send().await.expect(201));
    app.pay(&intent, "pm_card_visa").await;
    let mut body = json!({ "cart_id": cart, "payment_reference": intent, "shipping_address": { "country": "FR" } });
    place(app, &store, body.clone(), None)
        .await
        .expect_error(422, "shipping_not_available");
    body["shipping_address"]["country"] = json!("DE");
    place(app, &store, body.clone(), None)
        .await
        .expect_error(422, "shipping_method_required");
    // What is held waits for the shopper to mend it.
    body["shipping_method_id"] = json!(method);
    let order = place(app, &store, body, None).await.expect(201);
    assert_eq!(order["payment_status"], "paid");
}

async fn the_merchants_back_end_may_leave_the_shipping_out(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    app.shipping_method(&store, 490, json!(["DE"])).await;
    let cart = app.create_cart(&store).await;
    let order = place(
        app,
        &store,
        json!({ "cart_id": cart }),
        Some(&store.api_key),
    )
    .await;
    let order = order.expect(201);
    assert_eq!(
        (&order["amount"], &order["shipping"]),
        (&json!(1250), &Value::Null)
    );
    let cart = app.create_cart(&store).await;
    let request = app.store_post(&store, "/payment-links", &TestApp::link_body(&cart));
    let link = request.bearer(&store.api_key).send().await.expect(201);
    let intent = link["payment_intent_id"].as_str().unwrap();
    app.pay(intent, "pm_card_visa").await;
    let (_, token) = link["payment_url"]
        .as_str()
        .unwrap()
        .rsplit_once('/')
        .unwrap();
    app.complete_link(token, intent).await.expect(200);
    let cart = app.create_cart(&store).await;
    let intent = id_of(&app.prepay(&store, &cart, &store.api_key).await.expect(201));
    app.pay(&intent, "pm_card_visa").await;
    let body = json!({ "cart_id": cart, "payment_reference": intent });
    let order = place(app, &store, body, Some(&store.api_key)).await;
    assert_eq!(order.expect(201)["payment_status"], "paid");
}

async fn a_store_without_shipping_sells_as_before(app: &TestApp) {
    let store = app.connected_store("Tickets").await;
    let cart = app.create_cart(&store).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    assert_eq!(order["amount"], 1250);
    // An order that stands is not asked for what came later.
    app.shipping_method(&store, 490, json!([])).await;
    let again = app.order_cart(&store, &cart).await.expect(200);
    assert_eq!(again["id"], order["id"]);
    app.intent_of(&store, &order).await.expect(201);
}

async fn the_page_says_where_the_shop_does_not_ship(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let path = format!("/stores/{}", store.id);
    let origins = json!({ "return_origins": ["https://shop.example.com"] });
    app.internal(Method::PATCH, &path, &origins)
        .await
        .expect(200);
    app.shipping_method(&store, 490, json!(["DE"])).await;
    let show = async |cart: &str, country: Option<&str>| {
        let mut body = json!({ "cart_id": cart, "cancel_url": "https://shop.example.com/cart" });
        if let Some(country) = country {
            body["shipping_address"] = json!({ "country": country });
        }
        let checkout = app.store_post(&store, "/checkouts", &body).send().await;
        let token = checkout.expect(201)["checkout_token"].clone();
        let path = format!("/checkout/{}", token.as_str().unwrap());
        app.http.get(&path).send().await
    };
    let page = show(&cart, Some("FR")).await;
    assert_eq!(page.status, 422, "{}", page.text);
    for text in [
        "Coffee does not ship there",
        "(FR)",
        "Nothing was charged",
        "https://shop.example.com/cart",
    ] {
        assert!(page.text.contains(text), "no {text}: {}", page.text);
    }
    assert!(!page.text.contains("pay-form"), "{}", page.text);
    let page = show(&cart, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let hint = "Coffee ships to these countries only.";
    assert!(page.text.contains(hint), "{}", page.text);
    let body = json!({ "name": "Mug", "unit_amount": 1250, "currency": "usd" });
    let product = app.create_product(&store, body).await;
    let body = json!({ "currency": "usd", "items": [{ "product_id": product, "quantity": 1 }] });
    let dollars = id_of(
        &app.store_post(&store, "/carts", &body)
            .send()
            .await
            .expect(201),
    );
    let page = show(&dollars, None).await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert!(
        page.text.contains("no delivery at prices in USD"),
        "{}",
        page.text
    );
    app.order_cart(&store, &dollars)
        .await
        .expect_error(422, "shipping_not_available");
    app.shipping_method(&store, 990, json!([])).await;
    let page = show(&cart, None).await;
    assert!(!page.text.contains(hint), "{}", page.text);
}
