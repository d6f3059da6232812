//! Keys that replace others: what goes on, what ends, and what never mixes.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use test_database::TestDatabase;

use super::{Merchant, marked_fields, new_account, stripe_status, test_account};
use crate::harness::{ConnectedStore, Keys, TestApp, event_of, stories};

stories!(
    new_keys_of_the_same_account_keep_its_webhook,
    another_account_needs_its_own_webhook,
    w4_a_rolled_signing_secret_overlaps_for_a_day,
    w4_the_same_secret_again_changes_no_clock,
    a_store_connects_each_mode_by_itself,
    c8_a_refused_key_is_healed_by_connecting_again,
);

/// How many signing secrets are valid now.
async fn valid_secrets(app: &TestApp, store_id: &str) -> usize {
    let mut conn = app.app.db.read().await.unwrap();
    let store_id = store_id.parse().unwrap();
    db::webhook_secrets::list_valid(&mut conn, store_id, app.clock.now())
        .await
        .unwrap()
        .len()
}

async fn new_keys_of_the_same_account_keep_its_webhook(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&store.keys).await.expect(303);
    assert_eq!(
        stripe_status(app, &store.id).await["webhook"]["configured"],
        true
    );
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(app.order(&store, &order.id).await["payment_status"], "paid");
}

async fn another_account_needs_its_own_webhook(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let other = new_account(app).await;
    app.connect(&store.id, &other, None).await;
    let status = stripe_status(app, &store.id).await;
    assert_eq!(status["account_id"], other.account_id);
    assert_eq!(status["webhook"]["configured"], false);
    assert_eq!(
        valid_secrets(app, &store.id).await,
        1,
        "the former account's, for what it took"
    );
}

async fn w4_a_rolled_signing_secret_overlaps_for_a_day(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    let rolled = "whsec_FAKErolledInThisTest";
    app.keep_secret(rolled);
    merchant
        .submit(&store.keys.publishable, &store.keys.secret, rolled)
        .await
        .expect(303);
    assert_eq!(valid_secrets(app, &store.id).await, 2);
    app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(valid_secrets(app, &store.id).await, 1);
}

/// Pastes a signing secret as an account's merchant does, and tells how many are valid then.
async fn paste(app: &TestApp, store: &ConnectedStore, secret: &str) -> usize {
    app.keep_secret(secret);
    app.connect(&store.id, &store.keys, Some(secret)).await;
    valid_secrets(app, &store.id).await
}

/// Whether an event that is signed with a secret is taken.
async fn is_heard(app: &TestApp, store: &ConnectedStore, secret: &str) -> bool {
    let event = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    let path = TestApp::webhook_path(&store.id);
    let reply = app
        .post_signed(&path, secret, serde_json::to_vec(&event).unwrap())
        .await;
    reply.status == 200
}

async fn w4_the_same_secret_again_changes_no_clock(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let (first, second) = (store.webhook_secret.as_str(), "whsec_FAKEsecondOfThisTest");
    assert_eq!(paste(app, &store, first).await, 1);
    assert_eq!(paste(app, &store, second).await, 2);
    app.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(paste(app, &store, second).await, 2);
    assert!(is_heard(app, &store, first).await && is_heard(app, &store, second).await);
    app.clock.advance(SignedDuration::from_hours(12));
    assert!(
        !is_heard(app, &store, first).await,
        "its day began with the roll"
    );
    assert!(is_heard(app, &store, second).await);

    // Rolled back in time: the old one is the newest again, without a second row.
    let third = "whsec_FAKEthirdOfThisTest";
    assert_eq!(paste(app, &store, third).await, 2);
    app.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(paste(app, &store, second).await, 2);
    app.clock.advance(SignedDuration::from_hours(24));
    assert!(is_heard(app, &store, second).await && !is_heard(app, &store, third).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_without_an_overlap_the_old_secret_ends_at_once() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.webhook_secret_overlap = SignedDuration::ZERO;
    })
    .await;
    let store = app.connected_store("Roastery").await;
    let rolled = "whsec_FAKErolledWithoutOverlap";
    assert_eq!(paste(&app, &store, rolled).await, 1);
    assert!(!is_heard(&app, &store, &store.webhook_secret).await);
    assert!(is_heard(&app, &store, rolled).await);
    app.finish().await;
}

async fn a_store_connects_each_mode_by_itself(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let live = Keys::fake_in("live");
    app.create_account(&live).await;
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&live).await.expect(303);
    let status = stripe_status(app, &store.id).await;
    assert_eq!(
        status["active_mode"], "test",
        "the first mode stays in use until it is switched"
    );
    assert_eq!(status["modes"]["test"]["account_id"], store.keys.account_id);
    assert_eq!(status["modes"]["live"]["account_id"], live.account_id);
    assert_eq!(status["modes"]["live"]["webhook"]["configured"], false);

    let path = format!("/stores/{}", store.id);
    app.internal(Method::PATCH, &path, &json!({ "active_mode": "live" }))
        .await
        .expect(200);
    let status = stripe_status(app, &store.id).await;
    assert_eq!(
        (&status["is_live_mode"], &status["account_id"]),
        (&json!(true), &json!(live.account_id))
    );
}

async fn c8_a_refused_key_is_healed_by_connecting_again(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let store_id = store.id.parse().unwrap();
    let mut tx = app.app.db.begin().await.unwrap();
    let mode = domain::Mode::Test;
    db::connections::mark_reconnect_needed(&mut tx, store_id, mode, 1, "key_refused")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let status = stripe_status(app, &store.id).await;
    assert_eq!(status["modes"]["test"]["reconnect_needed"], true);
    assert_eq!(status["webhook"]["last_error"], "key_refused");

    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&store.keys).await.expect(303);
    let status = stripe_status(app, &store.id).await;
    assert_eq!(status["modes"]["test"]["reconnect_needed"], false);
    assert_eq!(status["webhook"]["last_error"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_can_refuse_test_keys() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.require_live_keys = true;
    })
    .await;
    let store = app.create_store("Roastery").await;
    let merchant = Merchant::open(&app, &store, json!({})).await;
    let answer = merchant.submit_keys(&new_account(&app).await).await;
    answer.expect(422);
    assert_eq!(marked_fields(&answer), ["secret_key"]);
    assert_eq!(test_account(&app, &store).await, json!(null));
    let live = Keys::fake_in("live");
    app.create_account(&live).await;
    merchant.submit_keys(&live).await.expect(303);
    app.finish().await;
}
