//! Orders: one per cart however often it is asked for, seen by its shopper and its merchant, and by nobody else.

use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

mod changes;
mod clicks;
mod given_up;
mod holds;
mod lists;
mod lost_answers;
pub mod money;
mod states;
mod table;
mod taken_without_order;

stories!(
    placing_an_order_twice_gives_the_same_order,
    a1_orders_are_seen_with_their_token_or_key_only,
    orders_page_newest_first,
    bad_orders_are_refused,
);

/// Asks for the order's `PaymentIntent` as its shopper.
async fn pay(app: &TestApp, store: &ConnectedStore, order: &Value) -> Reply {
    let body = json!({ "order_id": order["id"] });
    let token = order["order_token"].as_str().unwrap();
    app.store_post(store, "/payment-intents", &body)
        .bearer(token)
        .send()
        .await
}

async fn placing_an_order_twice_gives_the_same_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let body = json!({
        "cart_id": cart, "email": "shopper@example.com", "payment_method_id": "stripe",
        "shipping_address": { "name": "Ada", "city": "Berlin", "country": "DE" },
    });
    let first = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        (&first["status"], &first["payment_status"]),
        (&"pending".into(), &"unpaid".into())
    );
    assert_eq!(
        (&first["amount"], &first["currency"]),
        (&1250.into(), &"eur".into())
    );
    assert_eq!(
        (&first["email"], &first["shipping_address"]["city"]),
        (&"shopper@example.com".into(), &"Berlin".into())
    );
    assert_eq!(first["items"][0]["amount"], 1250);
    assert!(!first["number"].as_str().unwrap().is_empty());
    let again = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(200);
    assert_eq!(again, first);
    let bare = app.order_cart(&store, &cart).await.expect(200);
    assert_eq!(bare, first, "what was told before is kept");
    let corrected = json!({ "cart_id": cart, "email": "other@example.com" });
    let corrected = app
        .store_post(&store, "/orders", &corrected)
        .send()
        .await
        .expect(200);
    assert_eq!(corrected["email"], "other@example.com");
    assert_eq!(
        (&corrected["id"], &corrected["order_token"]),
        (&first["id"], &first["order_token"])
    );
    let stored = app
        .database
        .raw("SELECT contact_sealed, token_hash FROM orders")
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    assert!(
        !format!("{stored:?}").contains("example.com"),
        "personal data is sealed"
    );
}

async fn a1_orders_are_seen_with_their_token_or_key_only(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (order, second) = (app.place_order(&store).await, app.place_order(&store).await);
    let foreign = app.place_order(&other).await;
    let live_key = app.create_api_key(&store.id, "live").await;
    let path = format!("/orders/{}", order.id);
    let show = |path: &str, credential: &str| app.store_get(&store, path).bearer(credential).send();

    let by_shopper = show(&path, &order.token).await.expect(200);
    let by_merchant = show(&path, &store.api_key).await.expect(200);
    assert_eq!(by_shopper.get("attention"), None);
    assert_eq!(by_merchant["attention"], json!([]));
    assert_eq!(
        (&by_shopper["id"], by_shopper.get("order_token")),
        (&json!(order.id), None)
    );
    let by_platform = app
        .internal(reqwest::Method::GET, &path, &json!({}))
        .await
        .expect(200);
    assert_eq!(by_platform, by_merchant);

    let absent = format!("/orders/{}", uuid::Uuid::now_v7());
    for credential in [
        &order.token,
        &second.token,
        &foreign.token,
        "ot_FAKE",
        &store.api_key,
        &live_key,
    ] {
        let nothing = show(&absent, credential).await;
        nothing.expect_error(404, "resource_missing");
        let of_other_store = show(&format!("/orders/{}", foreign.id), credential).await;
        assert_eq!(of_other_store.anonymous(), nothing.anonymous());
        if *credential != *order.token && *credential != *store.api_key {
            assert_eq!(
                show(&path, credential).await.anonymous(),
                nothing.anonymous()
            );
        }
    }
    let nothing = show(&absent, &other.api_key).await;
    nothing.expect_error(401, "api_key_invalid");
    assert_eq!(
        show(&path, &other.api_key).await.anonymous(),
        nothing.anonymous()
    );
    let anonymous = app.store_get(&store, &absent).send().await;
    anonymous.expect_error(401, "order_token_required");
    assert_eq!(
        app.store_get(&store, &path).send().await.anonymous(),
        anonymous.anonymous()
    );
}

async fn orders_page_newest_first(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    app.place_order(&other).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.insert(0, app.place_order(&store).await.id);
    }
    let numbers: Vec<Value> = page_of(app, &store, "").await.1;
    let distinct: std::collections::HashSet<String> =
        numbers.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), 4, "{numbers:?}");
    assert_eq!(page_of(app, &store, "").await.0, ids);
    let (first, _, more) = page_of(app, &store, "?limit=3").await;
    assert_eq!((first.as_slice(), more), (&ids[..3], true));
    let (rest, _, more) =
        page_of(app, &store, &format!("?limit=3&starting_after={}", ids[2])).await;
    assert_eq!((rest.as_slice(), more), (&ids[3..], false));
    let (back, _, more) = page_of(app, &store, &format!("?limit=2&ending_before={}", ids[3])).await;
    assert_eq!((back.as_slice(), more), (&ids[1..3], true));
    let (start, _, more) =
        page_of(app, &store, &format!("?limit=2&ending_before={}", ids[2])).await;
    assert_eq!((start.as_slice(), more), (&ids[..2], false));

    let live_key = app.create_api_key(&store.id, "live").await;
    let live = app
        .store_get(&store, "/orders")
        .bearer(&live_key)
        .send()
        .await
        .expect(200);
    assert_eq!(live["data"], json!([]), "a live key sees no test data");
    for credential in [&other.api_key, "ot_FAKE"] {
        app.store_get(&store, "/orders")
            .bearer(credential)
            .send()
            .await
            .expect_error(401, "api_key_invalid");
    }
    app.store_get(&store, "/orders")
        .send()
        .await
        .expect_error(401, "api_key_invalid");
}

async fn bad_orders_are_refused(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let cart = app.create_cart(&store).await;
    let foreign = app.create_cart(&other).await;
    let free = app
        .create_product(&store, json!({ "name": "Sample", "unit_amount": 0 }))
        .await;
    let free = app.cart_of(&store, &free, 1).await;
    let bad = [
        (json!({ "cart_id": foreign }), 404, None),
        (json!({ "cart_id": uuid::Uuid::now_v7() }), 404, None),
        (json!({ "cart_id": "\u{0}" }), 404, None),
        (json!({ "cart_id": free }), 422, None),
        (json!({}), 400, None),
        (json!({ "cart_id": cart, "amount": 1 }), 400, Some("amount")),
        (
            json!({ "cart_id": cart, "store_id": other.id }),
            400,
            Some("store_id"),
        ),
        (
            json!({ "cart_id": cart, "status": "confirmed" }),
            400,
            Some("status"),
        ),
        (
            json!({ "cart_id": cart, "email": "nobody" }),
            400,
            Some("email"),
        ),
        (
            json!({ "cart_id": cart, "email": "a@b.example\u{0}" }),
            400,
            Some("email"),
        ),
        (
            json!({ "cart_id": cart, "payment_method_id": "cash" }),
            404,
            Some("payment_method_id"),
        ),
        (
            json!({ "cart_id": cart, "shipping_method_id": "post" }),
            404,
            Some("shipping_method_id"),
        ),
    ];
    for (body, status, param) in bad {
        let reply = app.store_post(&store, "/orders", &body).send().await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
        if param.is_some() {
            assert_eq!(reply.json()["error"]["param"].as_str(), param, "{body}");
        }
    }
    assert_eq!(app.count("orders").await, 0);
}
async fn page_of(
    app: &TestApp,
    store: &ConnectedStore,
    query: &str,
) -> (Vec<String>, Vec<Value>, bool) {
    let list = app
        .store_get(store, &format!("/orders{query}"))
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    let orders = list["data"].as_array().unwrap();
    let ids = orders
        .iter()
        .map(|order| order["id"].as_str().unwrap().to_owned());
    let numbers = orders.iter().map(|order| order["number"].clone());
    (
        ids.collect(),
        numbers.collect(),
        list["has_more"].as_bool().unwrap(),
    )
}
