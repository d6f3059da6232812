//! Whose a key is, what a key may be, and that kept answers stay secret.

use serde_json::{Value, json};

use super::{assert_replays, cart_fields, count, internal, post};
use crate::harness::{ConnectedStore, INTERNAL_SECRET, NEXT_INTERNAL_SECRET, TestApp, stories};

stories!(
    a_key_belongs_to_one_store_and_one_credential,
    refused_callers_leave_no_row,
    bad_keys_are_refused,
    kept_answers_cannot_be_read_or_moved,
);

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
