//! `Idempotency-Key`: one effect and one answer per key, whoever asks again and whenever.

mod bounds;
mod retries;

use serde_json::{Value, json};

use crate::harness::{ConnectedStore, INTERNAL_SECRET, Reply, TestApp, stories};

stories!(
    the_first_answer_comes_again_byte_for_byte,
    the_internal_api_replays_too,
    errors_of_the_caller_are_replayed,
    a_key_is_for_one_request,
);

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

async fn post(
    app: &TestApp,
    store: &ConnectedStore,
    path: &str,
    bearer: &str,
    body: &Value,
) -> Reply {
    let request = app
        .store_post(store, path, body)
        .header("Idempotency-Key", KEY);
    let request = if bearer.is_empty() {
        request
    } else {
        request.bearer(bearer)
    };
    request.send().await
}

async fn internal(app: &TestApp, path: &str, secret: &str, body: &Value) -> Reply {
    let request = app.http.post(&format!("/api/internal{path}"), body);
    request
        .header("X-Internal-Secret", secret)
        .header("Idempotency-Key", KEY)
        .send()
        .await
}

async fn cart_fields(app: &TestApp, store: &ConnectedStore) -> Value {
    let fields = json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" });
    let product = app.create_product(store, fields).await;
    json!({ "items": [{ "product_id": product, "quantity": 2 }] })
}

async fn count(app: &TestApp, table: &str) -> usize {
    app.database
        .raw(&format!("SELECT 1 FROM {table}"))
        .await
        .unwrap()
        .len()
}

fn is_replay(reply: &Reply) -> bool {
    reply.header("idempotent-replayed") == "true"
}

#[track_caller]
fn assert_replays(first: &Reply, again: &Reply) {
    assert!(!is_replay(first) && is_replay(again), "{first:?} {again:?}");
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.header("content-type"), again.header("content-type"));
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
}

async fn the_first_answer_comes_again_byte_for_byte(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart_fields = cart_fields(app, &store).await;
    let mut replies = Vec::new();
    for _ in 0..2 {
        let cart = post(app, &store, "/carts", "", &cart_fields).await;
        let order_fields =
            json!({ "cart_id": cart.expect(201)["id"], "email": "shopper@example.com" });
        // A key is for one path: an order may not reuse the cart's.
        let order = app
            .store_post(&store, "/orders", &order_fields)
            .header("Idempotency-Key", "order")
            .send()
            .await;
        let placed = order.expect(201);
        let intent_fields = json!({ "order_id": placed["id"] });
        let token = placed["order_token"].as_str().unwrap();
        let intent = post(app, &store, "/payment-intents", token, &intent_fields).await;
        intent.expect(201);
        replies.push([cart, order, intent]);
    }
    for (first, again) in replies[0].iter().zip(&replies[1]) {
        assert_replays(first, again);
    }
    assert_eq!(
        (
            count(app, "carts").await,
            count(app, "orders").await,
            count(app, "payments").await
        ),
        (1, 1, 1)
    );
}

async fn the_internal_api_replays_too(app: &TestApp) {
    let fields = json!({ "name": "Twice" });
    let first = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    let id = first.expect(201)["id"].as_str().unwrap().to_owned();
    assert_replays(
        &first,
        &internal(app, "/stores", INTERNAL_SECRET, &fields).await,
    );
    assert_eq!(count(app, "stores").await, 1);
    // A secret is shown once, and once more to whoever made it.
    let path = format!("/stores/{id}/api-keys");
    let fields = json!({ "mode": "test", "label": "till" });
    internal(app, &path, INTERNAL_SECRET, &fields)
        .await
        .expect_error(409, "idempotency_key_reused");
    let with_own_key = || {
        let request = app.http.post(&format!("/api/internal{path}"), &fields);
        request
            .header("X-Internal-Secret", INTERNAL_SECRET)
            .header("Idempotency-Key", "api key")
            .send()
    };
    let first = with_own_key().await;
    first.expect(201);
    assert_replays(&first, &with_own_key().await);
    assert_eq!(count(app, "api_keys").await, 1);
}

async fn errors_of_the_caller_are_replayed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (path, body, status) in [
        ("/carts", json!({ "items": [] }), 400),
        ("/orders", json!({ "cart_id": "none" }), 404),
        ("/nowhere", json!({}), 404),
        ("/carts/x/items", json!({}), 405),
    ] {
        let key = format!("{status}{path}");
        let send = || {
            app.store_post(&store, path, &body)
                .header("Idempotency-Key", &key)
                .send()
        };
        let (first, again) = (send().await, send().await);
        assert_eq!(first.status.as_u16(), status, "{}", first.text);
        assert_replays(&first, &again);
        assert_eq!(first.header("allow"), again.header("allow"));
        // It is the first answer, with the id under which the first call was logged.
        assert_eq!(
            again.json()["error"]["request_id"],
            first.header("x-request-id")
        );
    }
}

async fn a_key_is_for_one_request(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = cart_fields(app, &store).await;
    post(app, &store, "/carts", "", &fields).await.expect(201);
    for (path, body) in [
        ("/carts", json!({ "items": [] })),
        ("/carts?again", fields.clone()),
        ("/checkouts", fields.clone()),
    ] {
        let refused = post(app, &store, path, "", &body).await;
        let error = refused.expect_error(409, "idempotency_key_reused");
        assert_eq!(error["error"]["type"], "idempotency_error");
        assert!(!is_replay(&refused));
    }
    assert_eq!(count(app, "carts").await, 1);
    // Only a POST has keys.
    let path = format!("/api/v1/stores/{}/products", store.id);
    let read = || app.http.get(&path).header("Idempotency-Key", KEY).send();
    read().await.expect(200);
    assert!(!is_replay(&read().await));
}
