//! What somebody does to our endpoint at Stripe is undone.

use domain::Mode;
use gateway::sealing;
use jiff::SignedDuration;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::harness::{Keys, TestApp, event_of, stories};

stories!(registering:
    an_endpoint_that_was_deleted_is_made_again,
    an_endpoint_that_was_disabled_is_enabled,
    an_endpoint_that_points_elsewhere_is_turned_back,
    an_endpoint_with_other_events_gets_ours,
    w4_an_endpoint_of_an_older_version_is_replaced_without_a_gap,
    an_endpoint_whose_secret_is_lost_is_replaced,
    an_endpoint_that_only_stripe_remembers_is_adopted,
    a_repair_is_made_within_the_hour_and_written_down,
);

/// A store with its endpoint, and the endpoint's path at Stripe.
async fn registered(app: &TestApp) -> (String, Keys, String) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let id = app.registered(&store, &keys).await.unwrap().endpoint_id;
    (store, keys, format!("webhook_endpoints/{id}"))
}

/// Changes the endpoint, looks after the connection, and holds that the same endpoint is as it was.
async fn is_mended(app: &TestApp, change: (&str, &str)) {
    let (store, keys, path) = registered(app).await;
    let before = app.endpoints_at_stripe(&keys).await;
    let changed = app.as_merchant(&keys, Method::POST, &path, &[change]).await;
    assert_ne!(changed, before[0], "nothing was changed");
    app.all_delivered().await;
    app.wait_s(60);
    app.look_after(&store).await;
    assert_eq!(app.endpoints_at_stripe(&keys).await, before);
    let audited = app.audited(&store, "webhook_endpoint.%").await;
    assert_eq!(
        audited,
        ["webhook_endpoint.registered", "webhook_endpoint.repaired"]
    );
    // A new first delivery shows that it works.
    app.all_delivered().await;
    assert_eq!(app.last_event_at(&store).await, Some(app.clock.now()));
    assert!(app.open_problems(&store).await.is_empty());
    assert_eq!(app.valid_secrets(&store).await.len(), 1);
}

async fn an_endpoint_that_was_disabled_is_enabled(app: &TestApp) {
    is_mended(app, ("disabled", "true")).await;
}

async fn an_endpoint_that_points_elsewhere_is_turned_back(app: &TestApp) {
    is_mended(app, ("url", "http://127.0.0.1:9/elsewhere")).await;
}

async fn an_endpoint_with_other_events_gets_ours(app: &TestApp) {
    is_mended(app, ("enabled_events[0]", "charge.refunded")).await;
}

async fn an_endpoint_that_was_deleted_is_made_again(app: &TestApp) {
    let (store, keys, path) = registered(app).await;
    app.as_merchant(&keys, Method::DELETE, &path, &[]).await;
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    let registered = app.registered(&store, &keys).await.unwrap();
    assert_eq!(endpoints[0]["id"], registered.endpoint_id);
    assert!(!path.ends_with(&registered.endpoint_id));
    app.all_delivered().await;
    assert!(registered.has_delivered(app.last_event_at(&store).await));
}

/// As an endpoint of ours is, made by somebody with our metadata.
async fn create_like_ours(app: &TestApp, keys: &Keys, ours: &Value, api_version: &str) -> Value {
    let metadata = |name: &str| ours["metadata"][name].as_str().unwrap();
    let form = [
        ("url", ours["url"].as_str().unwrap()),
        ("enabled_events[0]", "payment_intent.succeeded"),
        ("api_version", api_version),
        ("metadata[tillgate_store_id]", metadata("tillgate_store_id")),
        ("metadata[tillgate_mode]", metadata("tillgate_mode")),
        ("metadata[tillgate_home]", metadata("tillgate_home")),
    ];
    app.as_merchant(keys, Method::POST, "webhook_endpoints", &form)
        .await
}

/// A store whose endpoint is as an older gateway would have left it; what Stripe says of the endpoint.
pub async fn of_an_older_version(app: &TestApp) -> (String, Keys, Value) {
    let (store, keys, path) = registered(app).await;
    let ours = app.endpoints_at_stripe(&keys).await.remove(0);
    app.as_merchant(&keys, Method::DELETE, &path, &[]).await;
    let old = create_like_ours(app, &keys, &ours, "2025-09-30.clover").await;
    let (old_id, old_secret) = (old["id"].as_str().unwrap(), old["secret"].as_str().unwrap());
    store_secret(app, &store, &keys, old_id, old_secret).await;
    (store, keys, old)
}

async fn w4_an_endpoint_of_an_older_version_is_replaced_without_a_gap(app: &TestApp) {
    let (store, keys, old) = of_an_older_version(app).await;
    let old_secret = old["secret"].as_str().unwrap();
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_ne!(endpoints[0]["id"], old["id"]);
    let audited = app.audited(&store, "webhook_endpoint.%").await;
    assert_eq!(
        audited[1..],
        ["webhook_endpoint.registered", "webhook_endpoint.deleted"]
    );
    // What is under way with the old secret still verifies, for a day.
    let event = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    let body = serde_json::to_vec(&event).unwrap();
    let path = TestApp::webhook_path(&store);
    let post = || app.post_signed(&path, old_secret, body.clone());
    post().await.expect(200);
    app.clock.advance(SignedDuration::from_hours(24));
    post().await.expect(400);
}

/// Stores an endpoint of ours and its secret, as if we had registered it.
async fn store_secret(app: &TestApp, store: &str, keys: &Keys, endpoint_id: &str, secret: &str) {
    let (store_id, mode, now) = (store.parse().unwrap(), Mode::Test, app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    let version = db::webhook_secrets::next_version(&mut tx, store_id, mode)
        .await
        .unwrap();
    let secret = SecretString::from(secret);
    let new = db::webhook_secrets::NewSecret {
        version,
        account_id: &keys.account_id,
        endpoint_id: Some(endpoint_id),
        secret: sealing::seal_webhook_secret(&app.app.vault, store_id, mode, version, &secret)
            .unwrap(),
    };
    db::webhook_secrets::add(&mut tx, store_id, mode, new, now, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn an_endpoint_whose_secret_is_lost_is_replaced(app: &TestApp) {
    let (store, keys, _) = registered(app).await;
    let before = app.endpoints_at_stripe(&keys).await;
    // A database that was restored knows nothing of it, and Stripe has forgotten the idempotency key.
    app.database
        .raw("DELETE FROM webhook_secrets")
        .await
        .unwrap();
    app.database
        .raw("DELETE FROM webhook_endpoints")
        .await
        .unwrap();
    app.clock.advance(SignedDuration::from_hours(25));
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_ne!(endpoints[0]["id"], before[0]["id"]);
    app.all_delivered().await;
    assert_eq!(app.last_event_at(&store).await, Some(app.clock.now()));
}

async fn an_endpoint_that_only_stripe_remembers_is_adopted(app: &TestApp) {
    let (store, keys, _) = registered(app).await;
    let before = app.endpoints_at_stripe(&keys).await;
    app.database
        .raw("DELETE FROM webhook_endpoints")
        .await
        .unwrap();
    app.look_after(&store).await;
    assert_eq!(app.endpoints_at_stripe(&keys).await, before);
    assert_eq!(
        app.registered(&store, &keys).await.unwrap().endpoint_id,
        before[0]["id"]
    );
    assert_eq!(app.valid_secrets(&store).await.len(), 1);
}

async fn a_repair_is_made_within_the_hour_and_written_down(app: &TestApp) {
    let (store, keys, path) = registered(app).await;
    app.all_delivered().await;
    app.as_merchant(&keys, Method::DELETE, &path, &[]).await;
    app.wait_s(67 * 60);
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 1);
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_eq!(app.audited(&store, "webhook_endpoint.%").await.len(), 2);
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 0);
}
