//! Many at once, failures and calls that died: one effect, and a key that can be tried again where it may.

use std::io::Write;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{KEY, assert_replays, cart_fields, count, internal, is_replay, post};
use crate::harness::{ConnectedStore, INTERNAL_SECRET, Reply, TestApp, stories};

stories!(
    of_many_at_once_one_has_an_effect,
    after_a_day_the_key_is_free,
    a_failure_of_stripe_can_be_tried_again,
    a_call_that_died_is_taken_over,
    a_client_that_left_finds_its_answer,
);

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
    start_and_leave(app, &store, &amount).await;
    let mut again = post(app, &store, "/payment-intents", &store.api_key, &amount).await;
    // On a busy machine the first call outlasts the second one's patience; it is told to come back.
    while again.status == 409 {
        again.expect_error(409, "idempotency_key_in_use");
        again = post(app, &store, "/payment-intents", &store.api_key, &amount).await;
    }
    again.expect(201);
    assert!(is_replay(&again));
    assert_eq!(count(app, "payments").await, 1);
}

/// Asks for a `PaymentIntent`, and tears the connection down once the key is claimed: a mere end of sending would be
/// a client that still listens.
async fn start_and_leave(app: &TestApp, store: &ConnectedStore, body: &Value) {
    let (host, path) = (
        app.url.strip_prefix("http://").unwrap(),
        format!("/api/v1/stores/{}/payment-intents", store.id),
    );
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\nidempotency-key: {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        store.api_key,
        body.len(),
    );
    let mut client = std::net::TcpStream::connect(host).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    while count(app, "idempotency_keys").await == 0 {
        tokio::task::yield_now().await;
    }
    client.set_nonblocking(true).unwrap();
    let client = tokio::net::TcpStream::from_std(client).unwrap();
    client.set_zero_linger().unwrap();
}
