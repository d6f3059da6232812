//! W1 to W4: only who knows the store's own secret is heard, and only for five minutes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use stripe_http::webhook;

use crate::harness::{TestApp, event_of, stories};

stories!(
    w1_every_signature_vector,
    w1_two_signature_headers_are_refused,
    w2_a_store_without_a_secret_believes_nobody,
    w3_replays_have_one_effect,
    w3_a_signature_is_good_for_five_minutes_both_ways,
    w3_a_changed_timestamp_is_refused,
    w4_a_rolled_secret_is_good_for_a_day,
    w4_a_former_account_is_still_heard_as_itself,
);

const VECTORS: &str = include_str!("../../vectors/stripe_signatures.json");

async fn w1_every_signature_vector(app: &TestApp) {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 132);
    let sendable = vectors
        .iter()
        .filter(|vector| vector["header_sendable_over_http"] == true);
    let mut stores = BTreeMap::new();
    let mut sent = 0;
    for vector in sendable {
        let micros = vector["now"].as_f64().unwrap() * 1e6;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "microseconds of 2025, whole by the data"
        )]
        app.set_clock(Timestamp::from_microsecond(micros as i64).unwrap());
        let secret = vector["secret"].as_str().unwrap();
        if !stores.contains_key(secret) {
            stores.insert(secret, app.store_with_secret(secret).await);
        }
        check(app, vector, &stores[secret]).await;
        sent += 1;
    }
    assert_eq!(sent, 126);
}

async fn check(app: &TestApp, vector: &Value, store_id: &str) {
    let name = vector["name"].as_str().unwrap();
    let body = STANDARD
        .decode(vector["payload_b64"].as_str().unwrap())
        .unwrap();
    let mut request = app.http.post_bytes(&TestApp::webhook_path(store_id), body);
    if let Some(header) = vector["header"].as_str() {
        request = request.header("Stripe-Signature", header);
    }
    let reply = request.send().await;
    let stored = app.count("stripe_events").await;
    match ours(vector) {
        "ok" => assert_eq!(
            (reply.expect(200), stored),
            (json!({ "received": true }), 1),
            "{name}"
        ),
        "not_json" | "not_an_event" => _ = reply.expect_error(400, "not_an_event"),
        _ => _ = reply.expect_error(400, "signature_invalid"),
    }
    assert_eq!(stored == 1, reply.status == 200, "{name}");
    // The vectors share one event id.
    app.database.raw("DELETE FROM stripe_events").await.unwrap();
}

/// The answer for a server whose tolerance is 300 s, as ours always is.
fn ours(vector: &Value) -> &str {
    match vector["name"].as_str().unwrap() {
        "old_tolerance_0_disables_check" | "timestamp_zero_tolerance_0" => "outside_tolerance",
        "old_tolerance_1" => "ok",
        name => {
            assert_eq!(vector["tolerance"], 300, "{name}");
            vector["ours"].as_str().unwrap()
        }
    }
}

async fn w1_two_signature_headers_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
        .to_string()
        .into_bytes();
    let good = app.signature(&body, &store.webhook_secret);
    for (first, second) in [
        (good.as_str(), "t=1,v1=00"),
        ("t=1,v1=00", good.as_str()),
        (good.as_str(), good.as_str()),
    ] {
        let request = app
            .http
            .post_bytes(&TestApp::webhook_path(&store.id), body.clone());
        let request = request
            .header("Stripe-Signature", first)
            .header("Stripe-Signature", second);
        request.send().await.expect_error(400, "signature_invalid");
    }
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn w2_a_store_without_a_secret_believes_nobody(app: &TestApp) {
    let never_connected = app.create_store("Tea").await;
    let without_secret = app.create_store("Coffee").await;
    let keys = crate::harness::Keys::fake();
    app.create_account(&keys).await;
    app.connect(&without_secret, &keys, None).await;
    let blank = app.store_with_secret("   ").await;
    let empty = app.store_with_secret("").await;
    let body = event_of("payment_intent.succeeded", &json!({ "id": "pi_1" })).to_string();
    for store_id in [never_connected, without_secret, blank, empty] {
        for guess in ["", " ", "   ", "whsec_", "null", store_id.as_str()] {
            let reply = app
                .post_signed(&TestApp::webhook_path(&store_id), guess, body.as_bytes())
                .await;
            reply.expect_error(400, "signature_invalid");
        }
    }
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn w3_replays_have_one_effect(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 200).await;
    app.run_work().await;
    app.deliver(&store, "payment_intent.succeeded", 50).await;
    app.run_work().await;
    assert_eq!(app.count("stripe_events").await, 1);
    assert_eq!(app.times_paid(&order.id).await, 1);
    // For ever: Stripe may send it again by hand a month later, signed anew.
    app.wait_s(30 * 24 * 3600);
    app.deliver(&store, "payment_intent.succeeded", 3).await;
    app.run_work().await;
    assert_eq!(app.count("stripe_events").await, 1);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w3_a_signature_is_good_for_five_minutes_both_ways(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let path = TestApp::webhook_path(&store.id);
    let secret = SecretString::from(store.webhook_secret.as_str());
    let now = app.clock.now().as_second();
    for (age_s, status) in [
        (0, 200),
        (300, 200),
        (301, 400),
        (-300, 200),
        (-301, 400),
        (86_400, 400),
        (-86_400, 400),
    ] {
        let event = event_of("payment_intent.created", &json!({ "id": "pi_1" }));
        let body = event.to_string().into_bytes();
        let signature = webhook::sign(&body, &secret, now - age_s);
        let reply = app
            .http
            .post_bytes(&path, body)
            .header("Stripe-Signature", signature)
            .send()
            .await;
        assert_eq!(reply.status, status, "{age_s} s old");
        let stored = app.inbox(event["id"].as_str().unwrap()).await.is_some();
        assert_eq!(stored, status == 200, "{age_s} s old");
    }
    // The same request, caught and sent again.
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
        .to_string()
        .into_bytes();
    let signature = app.signature(&body, &store.webhook_secret);
    for (later_s, status) in [(0, 200), (300, 200), (1, 400)] {
        app.wait_s(later_s);
        let request = app
            .http
            .post_bytes(&path, body.clone())
            .header("Stripe-Signature", &signature);
        assert_eq!(request.send().await.status, status, "{later_s} s later");
    }
}

async fn w3_a_changed_timestamp_is_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
        .to_string()
        .into_bytes();
    let signature = app.signature(&body, &store.webhook_secret);
    app.wait_s(301);
    let now = app.clock.now().as_second();
    let moved = signature.replace(&format!("t={}", now - 301), &format!("t={now}"));
    assert_ne!(moved, signature);
    let request = app.http.post_bytes(&TestApp::webhook_path(&store.id), body);
    request
        .header("Stripe-Signature", moved)
        .send()
        .await
        .expect_error(400, "signature_invalid");
}

async fn w4_a_rolled_secret_is_good_for_a_day(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (path, old) = (
        TestApp::webhook_path(&store.id),
        store.webhook_secret.as_str(),
    );
    let new = app.create_endpoint(&store.keys, &path).await;
    let post = async |secret: &str| {
        let body = event_of("payment_intent.created", &json!({ "id": "pi_1" })).to_string();
        app.post_signed(&path, secret, body).await.status.as_u16()
    };
    assert_eq!((post(old).await, post(&new).await), (200, 400));
    app.connect(&store.id, &store.keys, Some(&new)).await;
    assert_eq!((post(old).await, post(&new).await), (200, 200));
    // While Stripe rolls, it signs with both.
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
        .to_string()
        .into_bytes();
    let (by_old, by_new) = (app.signature(&body, old), app.signature(&body, &new));
    let both = format!("{by_old},{}", by_new.split_once(',').unwrap().1);
    let reply = app
        .http
        .post_bytes(&path, body)
        .header("Stripe-Signature", both)
        .send()
        .await;
    reply.expect(200);
    app.wait_s(24 * 3600 - 1);
    assert_eq!((post(old).await, post(&new).await), (200, 200));
    app.wait_s(1);
    assert_eq!((post(old).await, post(&new).await), (400, 200));
    // Keys that come without a signing secret leave it as it is.
    app.connect(&store.id, &store.keys, None).await;
    assert_eq!((post(old).await, post(&new).await), (400, 200));
}

async fn w4_a_former_account_is_still_heard_as_itself(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = crate::harness::Keys::fake();
    app.create_account(&other).await;
    app.connect(&store.id, &other, None).await;
    let event = app.hint(&store, "payment_intent.succeeded", "pi_1").await;
    let of_former = format!(
        "event_id = '{event}' AND account_id = '{}'",
        store.keys.account_id
    );
    assert_eq!(app.inbox_where(&of_former).await.len(), 1);
}
