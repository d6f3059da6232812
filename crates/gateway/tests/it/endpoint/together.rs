//! Several gateways, crashes, and copies of the database.

use domain::Mode;
use futures_util::future::join_all;
use gateway::connect::account_change::AccountChange;
use gateway::connect::keys::{self, ConnectInput};
use gateway::work::health;
use jiff::SignedDuration;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use crate::harness::{TestApp, stories};

stories!(registering:
    several_gateways_make_one_endpoint,
    connects_at_the_same_time_make_one_endpoint,
    a_crash_after_the_creation_finds_its_endpoint_again,
    a_crash_after_the_creation_leaves_no_second_endpoint_a_day_later,
    a_key_that_brings_back_a_deleted_endpoint_makes_a_new_one,
    a_failure_that_stripe_repeats_is_passed_by,
    a_copy_of_the_database_leaves_the_originals_endpoint_alone,
    a_gateway_that_listens_elsewhere_moves_its_endpoint,
);

async fn several_gateways_make_one_endpoint(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let path = |id: &str| format!("webhook_endpoints/{id}");
    for _ in 0..3 {
        let id = app.registered(&store, &keys).await.unwrap().endpoint_id;
        app.as_merchant(&keys, Method::DELETE, &path(&id), &[])
            .await;
        let gateways = [
            app.another_gateway(|_| {}).await,
            app.another_gateway(|_| {}).await,
            app.another_gateway(|_| {}).await,
        ];
        let store_id = store.parse().unwrap();
        let looks = gateways
            .iter()
            .map(|gateway| health::look_now(gateway, store_id, Mode::Test));
        for look in join_all(looks).await {
            look.unwrap();
        }
        let endpoints = app.endpoints_at_stripe(&keys).await;
        app.assert_as_wanted(TestApp::only(&endpoints), &store);
        let registered = app.registered(&store, &keys).await.unwrap();
        assert_eq!(endpoints[0]["id"], registered.endpoint_id);
        let secrets = app.valid_secrets(&store).await;
        let current = secrets.iter().filter(|one| one.expires_at.is_none());
        let ids: Vec<_> = current.map(|one| one.endpoint_id.as_deref()).collect();
        assert_eq!(ids, [Some(registered.endpoint_id.as_str())]);
    }
}

async fn connects_at_the_same_time_make_one_endpoint(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.create_store("Roastery").await;
    let store_id = store.parse().unwrap();
    let connects = (0..4).map(|_| {
        let input = ConnectInput {
            publishable_key: keys.publishable.clone(),
            secret_key: SecretString::from(keys.secret.clone()),
            webhook_secret: None,
            token_id: None,
            account_change: AccountChange::Allowed,
        };
        keys::connect(&app.app, store_id, input)
    });
    for connected in join_all(connects).await {
        connected.unwrap();
    }
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_eq!(app.valid_secrets(&store).await.len(), 1);
    assert!(app.open_problems(&store).await.is_empty());
}

/// Stripe makes the endpoint, and we never hear of it.
async fn lose_the_answer(app: &TestApp) {
    app.fault(json!({
        "path_prefix": "/v1/webhook_endpoints", "method": "POST", "kind": "after_effect_reset", "times": 10,
    }))
    .await;
}

async fn a_crash_after_the_creation_finds_its_endpoint_again(app: &TestApp) {
    let keys = app.create_lively_account().await;
    lose_the_answer(app).await;
    let store = app.store_with_two_keys(&keys).await;
    let orphan = app.endpoints_at_stripe(&keys).await;
    TestApp::only(&orphan);
    assert_eq!(app.registered(&store, &keys).await, None);
    assert_eq!(app.open_problems(&store).await, ["webhook_not_registered"]);

    app.control(Method::DELETE, "/faults", json!({})).await;
    app.wait_s(60);
    assert_eq!(health::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(app.endpoints_at_stripe(&keys).await, orphan);
    assert_eq!(
        app.registered(&store, &keys).await.unwrap().endpoint_id,
        orphan[0]["id"]
    );
    assert!(app.open_problems(&store).await.is_empty());
    app.all_delivered().await;
    assert_eq!(app.last_event_at(&store).await, Some(app.clock.now()));
}

async fn a_crash_after_the_creation_leaves_no_second_endpoint_a_day_later(app: &TestApp) {
    let keys = app.create_lively_account().await;
    lose_the_answer(app).await;
    let store = app.store_with_two_keys(&keys).await;
    let orphan = app.endpoints_at_stripe(&keys).await;
    app.control(Method::DELETE, "/faults", json!({})).await;
    app.clock.advance(SignedDuration::from_hours(25));
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_ne!(endpoints, orphan);
}

async fn a_key_that_brings_back_a_deleted_endpoint_makes_a_new_one(app: &TestApp) {
    let keys = app.create_lively_account().await;
    lose_the_answer(app).await;
    let store = app.store_with_two_keys(&keys).await;
    let orphan = app.endpoints_at_stripe(&keys).await.remove(0);
    app.control(Method::DELETE, "/faults", json!({})).await;
    let path = format!("webhook_endpoints/{}", orphan["id"].as_str().unwrap());
    app.as_merchant(&keys, Method::DELETE, &path, &[]).await;
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    assert_eq!(
        app.registered(&store, &keys).await.unwrap().endpoint_id,
        endpoints[0]["id"]
    );
}

async fn a_failure_that_stripe_repeats_is_passed_by(app: &TestApp) {
    let keys = app.create_lively_account().await;
    app.fault(
        json!({ "path_prefix": "/v1/webhook_endpoints", "method": "POST", "kind": "500_kept" }),
    )
    .await;
    let store = app.store_with_two_keys(&keys).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
}

fn at_stripe(public_url: &str) -> impl FnOnce(&mut gateway::settings::Settings) {
    let public_url = Url::parse(public_url).unwrap();
    move |settings| {
        settings.stripe_api_base = Url::parse("https://api.stripe.com").unwrap();
        settings.public_url = public_url;
    }
}

async fn a_copy_of_the_database_leaves_the_originals_endpoint_alone(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let store_id = store.parse().unwrap();
    let production = app
        .another_gateway(at_stripe("https://pay.example.com"))
        .await;
    health::look_now(&production, store_id, Mode::Test)
        .await
        .unwrap();
    let of_production = app.endpoints_at_stripe(&keys).await.remove(0);
    assert_eq!(
        of_production["url"],
        format!("https://pay.example.com/webhook/stripe/{store}")
    );
    let staging = app
        .another_gateway(at_stripe("https://staging.example.com"))
        .await;
    health::look_now(&staging, store_id, Mode::Test)
        .await
        .unwrap();
    let endpoints = app.endpoints_at_stripe(&keys).await;
    assert_eq!(endpoints.len(), 3);
    assert_eq!(
        endpoints[0]["url"],
        format!("https://staging.example.com/webhook/stripe/{store}")
    );
    assert_eq!(endpoints[1], of_production);
}

async fn a_gateway_that_listens_elsewhere_moves_its_endpoint(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let before = app.endpoints_at_stripe(&keys).await;
    let restarted = app
        .another_gateway(|settings| settings.bind_addr = "0.0.0.0:9".parse().unwrap())
        .await;
    health::look_now(&restarted, store.parse().unwrap(), Mode::Test)
        .await
        .unwrap();
    let endpoints = app.endpoints_at_stripe(&keys).await;
    let moved = TestApp::only(&endpoints);
    assert_eq!(moved["id"], before[0]["id"]);
    assert_eq!(
        moved["url"],
        format!("http://127.0.0.1:9/webhook/stripe/{store}")
    );
}
