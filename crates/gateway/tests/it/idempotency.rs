//! `Idempotency-Key`: one effect and one answer per key, whoever asks again and whenever.

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{
    ConnectedStore, INTERNAL_SECRET, NEXT_INTERNAL_SECRET, Reply, TestApp, stories,
};

stories!(
    the_first_answer_comes_again_byte_for_byte,
    the_internal_api_replays_too,
    errors_of_the_caller_are_replayed,
    a_key_is_for_one_request,
    a_key_belongs_to_one_store_and_one_credential,
    of_many_at_once_one_has_an_effect,
    after_a_day_the_key_is_free,
    a_failure_of_stripe_can_be_tried_again,
    a_call_that_died_is_taken_over,
    a_client_that_left_finds_its_answer,
    refused_callers_leave_no_row,
    bad_keys_are_refused,
    kept_answers_cannot_be_read_or_moved,
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

async fn a_key_belongs_to_one_store_and_one_credential(app: &TestApp) {
    let (store, other_store) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let other_key = app.create_api_key(&store.id, "test").await;
    let product = json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" });
    let mut ids = Vec::new();
    for (store, bearer) in [
        (&store, &store.api_key),
        (&store, &other_key),
        (&other_store, &other_store.api_key),
    ] {
        let first = post(app, store, "/products", bearer, &product).await;
        ids.push(first.expect(201)["id"].to_string());
        assert_replays(
            &first,
            &post(app, store, "/products", bearer, &product).await,
        );
    }
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count(app, "products").await), (3, 3));
    // Both secrets are the deployment's, but each is another caller.
    let named = json!({ "name": "Third" });
    let first = internal(app, "/stores", INTERNAL_SECRET, &named).await;
    let other = internal(app, "/stores", NEXT_INTERNAL_SECRET, &named).await;
    assert_ne!(first.expect(201)["id"], other.expect(201)["id"]);
}

async fn of_many_at_once_one_has_an_effect(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = cart_fields(app, &store).await;
    let replies = join_all((0..20).map(|_| post(app, &store, "/carts", "", &fields))).await;
    assert_eq!(count(app, "carts").await, 1);
    let first: Vec<&Reply> = replies
        .iter()
        .filter(|reply| reply.status == 201 && !is_replay(reply))
        .collect();
    assert_eq!(first.len(), 1);
    for reply in replies
        .iter()
        .filter(|reply| !std::ptr::eq(*reply, first[0]))
    {
        // On a busy machine somebody may have waited long enough, for the first call or for a connection.
        match reply.status.as_u16() {
            409 => drop(reply.expect_error(409, "idempotency_key_in_use")),
            503 => drop(reply.expect_error(503, "database_unavailable")),
            _ => assert_replays(first[0], reply),
        }
    }
    assert_replays(first[0], &post(app, &store, "/carts", "", &fields).await);
}

async fn after_a_day_the_key_is_free(app: &TestApp) {
    let fields = json!({ "name": "Daily" });
    let first = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    app.clock
        .advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_replays(
        &first,
        &internal(app, "/stores", INTERNAL_SECRET, &fields).await,
    );
    app.clock.advance(SignedDuration::from_secs(1));
    let next = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    assert_ne!(first.expect(201)["id"], next.expect(201)["id"]);
    assert!(!is_replay(&next));
    assert_replays(
        &next,
        &internal(app, "/stores", INTERNAL_SECRET, &fields).await,
    );
}

async fn a_failure_of_stripe_can_be_tried_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let amount = json!({ "amount": 1250, "currency": "eur" });
    for (kind, status) in [("500", 502), ("429", 503)] {
        let fault = json!({
            "path_prefix": "/v1/payment_intents", "method": "POST", "account": store.keys.account_id,
            "kind": kind, "times": 100,
        });
        app.control(Method::POST, "/faults", fault).await;
        let failed = post(app, &store, "/payment-intents", &store.api_key, &amount).await;
        assert_eq!(failed.status.as_u16(), status, "{}", failed.text);
        assert_eq!(count(app, "idempotency_keys").await, 0);
        app.control(Method::DELETE, "/faults", json!({})).await;
    }
    let first = post(app, &store, "/payment-intents", &store.api_key, &amount).await;
    first.expect(201);
    assert_replays(
        &first,
        &post(app, &store, "/payment-intents", &store.api_key, &amount).await,
    );
}

async fn a_call_that_died_is_taken_over(app: &TestApp) {
    let fields = json!({ "name": "Phoenix" });
    let first = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    // As a process leaves it that dies before it has answered.
    let died = "UPDATE idempotency_keys SET answer_sealed = NULL, answer_key_id = NULL";
    app.database.raw(died).await.unwrap();
    app.clock.advance(SignedDuration::from_secs(59));
    let waited = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    let error = waited.expect_error(409, "idempotency_key_in_use");
    assert_eq!(error["error"]["type"], "idempotency_error");
    // Whoever asks for something else learns that, and does not take the call over.
    app.clock.advance(SignedDuration::from_secs(1));
    let other = internal(app, "/stores", INTERNAL_SECRET, &json!({ "name": "Other" })).await;
    other.expect_error(409, "idempotency_key_reused");
    let next = internal(app, "/stores", INTERNAL_SECRET, &fields).await;
    assert_ne!(first.expect(201)["id"], next.expect(201)["id"]);
    assert_replays(
        &next,
        &internal(app, "/stores", INTERNAL_SECRET, &fields).await,
    );
}

async fn a_client_that_left_finds_its_answer(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let amount = json!({ "amount": 1250, "currency": "eur" });
    let slow = json!({ "path_prefix": "/v1/payment_intents", "method": "POST", "kind": { "latency_ms": 1000 } });
    app.control(Method::POST, "/faults", slow).await;
    let claimed = async { while count(app, "idempotency_keys").await == 0 {} };
    tokio::select! {
        reply = post(app, &store, "/payment-intents", &store.api_key, &amount) => panic!("too fast: {reply:?}"),
        () = claimed => {}
    }
    let again = post(app, &store, "/payment-intents", &store.api_key, &amount).await;
    again.expect(201);
    assert!(is_replay(&again));
    assert_eq!(count(app, "payments").await, 1);
}

async fn refused_callers_leave_no_row(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" });
    let amount = json!({ "amount": 1250, "currency": "eur" });
    internal(app, "/stores", "FAKE-wrong-secret", &fields)
        .await
        .expect_error(401, "internal_secret_invalid");
    for bearer in ["", "tgk_test_FAKEwrong", "FAKE-no-key"] {
        post(app, &store, "/products", bearer, &fields)
            .await
            .expect_error(401, "api_key_invalid");
        assert_eq!(
            post(app, &store, "/payment-intents", bearer, &amount)
                .await
                .status,
            401
        );
    }
    let unknown = ConnectedStore {
        id: uuid::Uuid::now_v7().to_string(),
        ..store
    };
    let cart = json!({ "items": [{ "product_id": unknown.id, "quantity": 1 }] });
    post(app, &unknown, "/carts", "", &cart)
        .await
        .expect_error(404, "resource_missing");
    // As without a key: nobody learns whether there is such a store.
    post(app, &unknown, "/products", &unknown.api_key, &fields)
        .await
        .expect_error(401, "api_key_invalid");
    assert_eq!(count(app, "idempotency_keys").await, 0);
}

async fn bad_keys_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = cart_fields(app, &store).await;
    let longest = "k".repeat(255);
    let request = app
        .store_post(&store, "/carts", &fields)
        .header("Idempotency-Key", &longest);
    request.send().await.expect(201);
    let too_long = "k".repeat(256);
    for bad in [too_long.as_str(), "", "caf\u{e9}"] {
        let request = app
            .store_post(&store, "/carts", &fields)
            .header("Idempotency-Key", bad);
        let error = request
            .send()
            .await
            .expect_error(400, "idempotency_key_invalid");
        assert_eq!(error["error"]["param"], "Idempotency-Key");
    }
    let twice = app
        .store_post(&store, "/carts", &fields)
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "a");
    twice
        .send()
        .await
        .expect_error(400, "idempotency_key_invalid");
    let too_large = Value::String("x".repeat(gateway::json::MAX_JSON_BYTES));
    post(app, &store, "/carts", "", &too_large)
        .await
        .expect_error(413, "body_too_large");
    assert_eq!(count(app, "carts").await, 1);
    assert!(
        HeaderValue::from_str("caf\u{e9}").is_ok(),
        "the client does send such a key"
    );
}

async fn kept_answers_cannot_be_read_or_moved(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let amount = json!({ "amount": 1250, "currency": "eur" });
    let send = |key: &'static str| {
        let request = app
            .store_post(&store, "/payment-intents", &amount)
            .bearer(&store.api_key);
        request.header("Idempotency-Key", key).send()
    };
    let first = send("first").await;
    let client_secret = first.expect(201)["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = first.json()["id"].as_str().unwrap().to_owned();
    send("second").await.expect(201);
    let columns = "scope, credential, key, request_hash, answer_key_id, answer_sealed";
    let rows = app
        .database
        .raw(&format!("SELECT {columns} FROM idempotency_keys"))
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let fields: Vec<String> = row.iter().map(|field| field.clone().unwrap()).collect();
        // "gAAAA" is how every Fernet token starts.
        assert!(fields[5].starts_with("gAAAA"), "{fields:?}");
        for secret in [client_secret.as_str(), "client_secret", &id, &store.api_key] {
            assert!(!fields.join("\n").contains(secret));
        }
    }
    // Whoever can write to the database cannot give one caller's answer to another.
    let moved = "UPDATE idempotency_keys SET answer_sealed = (SELECT answer_sealed FROM idempotency_keys WHERE key = \
        'first') WHERE key = 'second'";
    app.database.raw(moved).await.unwrap();
    send("second").await.expect_error(503, "vault_unavailable");
    assert_replays(&first, &send("first").await);
}
