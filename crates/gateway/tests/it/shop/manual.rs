//! Payment by hand: the order at once, the money when the merchant says so.

use reqwest::Method;
use serde_json::json;

use super::{codes, id_of};
use crate::harness::{TestApp, stories};

stories!(
    methods_are_shown_in_the_readers_language,
    an_order_that_is_paid_by_hand,
    an_order_that_is_paid_by_hand_is_never_paid_by_card,
    choosing_to_pay_by_hand_withdraws_the_card_payment,
    marking_paid_is_for_the_merchant_of_such_orders,
);

async fn methods_are_shown_in_the_readers_language(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let id = app.manual_method(&store).await;
    let list = async |language: &str| {
        let request = app
            .store_get(&store, "/payment-methods")
            .header("Accept-Language", language);
        request.send().await.expect(200)["data"].clone()
    };
    let english = list("en-GB").await;
    assert_eq!(
        english[0],
        json!({ "id": "stripe", "provider": "stripe", "name": "Card and more", "description": null })
    );
    let transfer = json!({ "id": id, "provider": "manual", "name": "Bank transfer", "description": "IBAN DE00 EXAMPLE" });
    assert_eq!(english[1], transfer);
    let german = list("xx, de-AT;q=0.8").await;
    assert_eq!(
        (&german[0]["name"], &german[1]["name"]),
        (&json!("Karte und mehr"), &json!("Überweisung"))
    );
    assert_eq!(list("fr").await[1]["description"], "IBAN DE00 EXAMPLE");
    // Without a connection only the merchant's own are there.
    let bare = app.create_store("Tea").await;
    let methods = app
        .http
        .get(&format!("/api/v1/stores/{bare}/payment-methods"))
        .send()
        .await
        .expect(200);
    assert_eq!(methods["data"], json!([]));
    let path = format!("/payment-methods/{id}");
    let changed = app
        .merchant(&store, Method::PATCH, &path, json!({ "description": null }))
        .await
        .expect(200);
    assert_eq!(
        (
            &changed["description"],
            &changed["translations"]["de"]["name"]
        ),
        (&json!(null), &json!("Überweisung"))
    );
    app.merchant(&store, Method::DELETE, &path, json!({}))
        .await
        .expect(200);
    assert_eq!(list("en").await.as_array().unwrap().len(), 1);
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart, "payment_method_id": id });
    app.store_post(&store, "/orders", &body)
        .send()
        .await
        .expect_error(404, "resource_missing");
}

async fn an_order_that_is_paid_by_hand(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.manual_method(&store).await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("pending"), &json!("unpaid"))
    );
    assert_eq!(order["payment_method_id"], method);
    let again = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(200);
    assert_eq!(again["id"], order["id"]);
    // It keeps its pieces for days, and nobody withdraws it by changing the cart.
    app.advance_minutes(6 * 24 * 60);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    assert_eq!(app.stock(&store, &product).await, 0);
    app.change_cart(&store, &cart, &product, 2)
        .await
        .expect_error(409, "cart_locked");
    app.order_cart(&store, &cart)
        .await
        .expect_error(409, "cart_locked");
    let path = format!("/orders/{}/mark-paid", id_of(&order));
    let paid = app
        .merchant(&store, Method::POST, &path, json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&paid["status"], &paid["payment_status"]),
        (&json!("confirmed"), &json!("paid"))
    );
    let again = app
        .merchant(&store, Method::POST, &path, json!({}))
        .await
        .expect(200);
    assert_eq!(again, paid);
    assert_eq!(app.times_paid(&id_of(&order)).await, 1);
    assert!(app.intents_at_stripe(&store).await.is_empty());
    let told = app
        .database
        .raw("SELECT kind FROM order_events WHERE kind = 'order.paid'")
        .await
        .unwrap();
    assert_eq!(told.len(), 1);
}

async fn an_order_that_is_paid_by_hand_is_never_paid_by_card(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.manual_method(&store).await;
    let cart = app.create_cart(&store).await;
    let checkout = app.open_checkout(&store, &cart).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    app.intent_of(&store, &order)
        .await
        .expect_error(409, "order_not_payable_by_card");
    app.prepay(&store, &cart, &checkout)
        .await
        .expect_error(409, "order_not_payable_by_card");
    let by_key = app.store_post(
        &store,
        "/payment-intents",
        &json!({ "order_id": order["id"] }),
    );
    by_key
        .bearer(&store.api_key)
        .send()
        .await
        .expect_error(409, "order_not_payable_by_card");
    assert!(app.intents_at_stripe(&store).await.is_empty());
}

async fn choosing_to_pay_by_hand_withdraws_the_card_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.manual_method(&store).await;
    let cart = app.create_cart(&store).await;
    let by_card = app.order_cart(&store, &cart).await.expect(201);
    let intent = app.intent_of(&store, &by_card).await.expect(201);
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let by_hand = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_ne!(by_hand["id"], by_card["id"]);
    assert_eq!(
        app.intent_at_stripe(&store, intent["id"].as_str().unwrap())
            .await["status"],
        "canceled"
    );
    assert_eq!(
        app.order(&store, &id_of(&by_card)).await["status"],
        "cancelled"
    );
    // A payment that was made first does not belong beside it.
    let body =
        json!({ "cart_id": cart, "payment_method_id": method, "payment_reference": intent["id"] });
    app.store_post(&store, "/orders", &body)
        .send()
        .await
        .expect_error(400, "invalid_value");
}

async fn marking_paid_is_for_the_merchant_of_such_orders(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    let method = app.manual_method(&store).await;
    let by_card = app.place_order(&store).await;
    let path = format!("/orders/{}/mark-paid", by_card.id);
    app.merchant(&store, Method::POST, &path, json!({}))
        .await
        .expect_error(409, "order_paid_through_stripe");
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    let path = format!("/orders/{}/mark-paid", id_of(&order));
    app.merchant(&other, Method::POST, &path, json!({}))
        .await
        .expect_error(404, "resource_missing");
    let token = order["order_token"].as_str().unwrap();
    let by_shopper = app
        .store_post(&store, &path, &json!({}))
        .bearer(token)
        .send()
        .await;
    by_shopper.expect_error(401, "api_key_invalid");
    let mut live = store.clone();
    live.api_key = app.create_api_key(&store.id, "live").await;
    app.merchant(&live, Method::POST, &path, json!({}))
        .await
        .expect_error(404, "resource_missing");
    assert_eq!(
        app.order(&store, &id_of(&order)).await["payment_status"],
        "unpaid"
    );
    assert!(codes(&app.order(&store, &id_of(&order)).await).is_empty());
}
