//! A price that has changed is shown before anything is paid; what is no longer sold is not sold.

use reqwest::Method;
use serde_json::{Value, json};

use super::id_of;
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    what_is_too_small_for_stripe_takes_no_stock,
    a_changed_price_is_shown_before_it_is_paid,
    an_order_keeps_the_price_it_was_placed_at,
    a_checkout_follows_its_cart_to_the_present_prices,
    a_payment_that_was_made_keeps_its_price,
    what_is_no_longer_sold_is_not_sold,
);

async fn set_price(app: &TestApp, store: &ConnectedStore, product: &str, fields: Value) {
    let path = format!("/products/{product}");
    app.merchant(store, Method::PATCH, &path, fields)
        .await
        .expect(200);
}

async fn a_changed_price_is_shown_before_it_is_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for path in ["/orders", "/checkouts", "/payment-intents"] {
        let product = app.stocked(&store, 9).await;
        let cart = app.cart_of(&store, &product, 2).await;
        let show = async || {
            let cart = app
                .store_get(&store, &format!("/carts/{cart}"))
                .send()
                .await;
            cart.expect(200)
        };
        assert_eq!(show().await["items"][0]["price_changed"], Value::Null);
        set_price(app, &store, &product, json!({ "unit_amount": 1100 })).await;
        let shown = show().await;
        assert_eq!(shown["items"][0]["price_changed"], true);
        assert_eq!(
            (&shown["items"][0]["unit_amount"], &shown["subtotal"]),
            (&json!(1100), &json!(2200))
        );
        let body = json!({ "cart_id": cart });
        let call = async || {
            let request = app.store_post(&store, path, &body);
            request.bearer(&store.api_key).send().await
        };
        call().await.expect_error(409, "price_changed");
        assert_eq!(show().await["items"][0]["price_changed"], Value::Null);
        assert_eq!(call().await.expect(201)["amount"], 2200, "{path}");
    }
}

async fn an_order_keeps_the_price_it_was_placed_at(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 9).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    set_price(app, &store, &product, json!({ "unit_amount": 1 })).await;
    assert_eq!(
        app.order_cart(&store, &cart).await.expect(200)["id"],
        order["id"]
    );
    assert_eq!(
        app.intent_of(&store, &order).await.expect(201)["amount"],
        1000
    );
}

async fn a_checkout_follows_its_cart_to_the_present_prices(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 9).await;
    let shipping = app.shipping_method(&store, 490, json!([])).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": shipping });
    let checkout = app
        .store_post(&store, "/checkouts", &body)
        .send()
        .await
        .expect(201);
    let token = checkout["checkout_token"].as_str().unwrap();
    set_price(app, &store, &product, json!({ "unit_amount": 2000 })).await;
    let body = json!({ "cart_id": cart });
    let place = async || {
        app.store_post(&store, "/orders", &body)
            .bearer(token)
            .send()
            .await
    };
    place().await.expect_error(409, "price_changed");
    let path = format!("/checkouts/{}", id_of(&checkout));
    let shown = app
        .store_get(&store, &path)
        .bearer(token)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&shown["amount"], &shown["items"][0]["unit_amount"]),
        (&json!(2490), &json!(2000))
    );
    assert_eq!(place().await.expect(201)["amount"], 2490);
    let page = app.http.get(&format!("/checkout/{token}")).send().await;
    assert_eq!(page.status, 200, "{}", page.text);
}

async fn a_payment_that_was_made_keeps_its_price(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 9).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let intent = app.prepaid(&store, &cart).await;
    set_price(app, &store, &product, json!({ "unit_amount": 1 })).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    assert_eq!(
        (&order["amount"], &order["payment_status"]),
        (&json!(1000), &json!("paid"))
    );
}

async fn what_is_no_longer_sold_is_not_sold(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let gone = app.stocked(&store, 9).await;
    let dollars = app.stocked(&store, 9).await;
    let carts = [
        app.cart_of(&store, &gone, 1).await,
        app.cart_of(&store, &dollars, 1).await,
    ];
    app.merchant(
        &store,
        Method::DELETE,
        &format!("/products/{gone}"),
        json!({}),
    )
    .await
    .expect(200);
    set_price(app, &store, &dollars, json!({ "currency": "usd" })).await;
    for cart in carts {
        let shown = app
            .store_get(&store, &format!("/carts/{cart}"))
            .send()
            .await
            .expect(200);
        assert_eq!(shown["items"][0]["available"], false);
        for path in ["/orders", "/checkouts"] {
            let refused = app
                .store_post(&store, path, &json!({ "cart_id": cart }))
                .send()
                .await;
            let error = refused.expect_error(409, "product_unavailable");
            assert_eq!(error["error"]["param"], "items[0].product_id");
        }
    }
}

async fn what_is_too_small_for_stripe_takes_no_stock(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let sticker = |currency: &str, unit_amount: i64| json!({ "name": "Sticker", "unit_amount": unit_amount, "currency": currency, "stock": 9 });
    let product = app.create_product(&store, sticker("eur", 49)).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let refused = app.order_cart(&store, &cart).await;
    let refused = refused.expect_error(422, "amount_too_small");
    assert_eq!(refused["error"]["param"], "amount");
    assert_eq!(app.stock(&store, &product).await, 9);
    assert_eq!(app.count("orders").await, 0);
    // Two of them are enough, and cash has no least amount.
    let more = app.cart_of(&store, &product, 2).await;
    app.order_cart(&store, &more).await.expect(201);
    let method = app.manual_method(&store).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let by_hand = app.store_post(&store, "/orders", &body).send().await;
    by_hand.expect(201);
    // What is converted is Stripe's to judge.
    let product = app.create_product(&store, sticker("usd", 49)).await;
    let body = json!({ "currency": "usd", "items": [{ "product_id": product, "quantity": 1 }] });
    let dollars = id_of(
        &app.store_post(&store, "/carts", &body)
            .send()
            .await
            .expect(201),
    );
    app.order_cart(&store, &dollars).await.expect(201);
}
