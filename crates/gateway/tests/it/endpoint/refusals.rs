//! Where no endpoint can be registered, the store is connected all the same, and somebody is told what to do.

use reqwest::Method;
use serde_json::{Value, json};
use test_database::TestDatabase;
use url::Url;

use super::repairs::of_an_older_version;
use crate::connect::Merchant;
use crate::harness::{Keys, TestApp, stories};

stories!(registering:
    a_full_account_is_told_to_make_room,
    an_endpoint_of_ours_makes_room_for_its_successor,
    an_endpoint_that_works_stays_when_a_better_one_is_refused,
    a_key_that_may_not_is_told_to_paste_the_secret,
    a_key_that_may_not_any_more_keeps_what_is_registered,
    a_restricted_keys_permissions_are_tried_once_a_day,
    a_stripe_that_fails_is_tried_again,
);

async fn fill(app: &TestApp, keys: &Keys, count: usize) {
    for n in 0..count {
        let url = format!("https://other.example.com/{n}");
        let form = [("url", url.as_str()), ("enabled_events[0]", "*")];
        app.as_merchant(keys, Method::POST, "webhook_endpoints", &form)
            .await;
    }
}

/// Deletes an endpoint at Stripe.
async fn delete(app: &TestApp, keys: &Keys, endpoint: &Value) {
    let path = format!("webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    app.as_merchant(keys, Method::DELETE, &path, &[]).await;
}

async fn a_full_account_is_told_to_make_room(app: &TestApp) {
    let keys = app.create_lively_account().await;
    fill(app, &keys, 16).await;
    let store = app.store_with_two_keys(&keys).await;
    assert_eq!(app.open_problems(&store).await, ["webhook_limit_reached"]);
    let endpoints = app.endpoints_at_stripe(&keys).await;
    assert_eq!(endpoints.len(), 16);

    delete(app, &keys, &endpoints[3]).await;
    app.wait_s(67 * 60);
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 1);
    assert!(app.open_problems(&store).await.is_empty());
    let endpoints = app.endpoints_at_stripe(&keys).await;
    assert_eq!(endpoints.len(), 16);
    app.assert_as_wanted(&endpoints[0], &store);
}

async fn an_endpoint_of_ours_makes_room_for_its_successor(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    fill(app, &keys, 15).await;
    // Its secret is gone, so it has to be made anew.
    app.database
        .raw("DELETE FROM webhook_secrets")
        .await
        .unwrap();
    app.clock.advance(jiff::SignedDuration::from_hours(25));
    app.look_after(&store).await;
    assert!(app.open_problems(&store).await.is_empty());
    let endpoints = app.endpoints_at_stripe(&keys).await;
    assert_eq!(endpoints.len(), 16);
    app.assert_as_wanted(&endpoints[0], &store);
    let audited = app.audited(&store, "webhook_endpoint.deleted").await;
    assert_eq!(audited.len(), 1);
}

async fn an_endpoint_that_works_stays_when_a_better_one_is_refused(app: &TestApp) {
    let (store, keys, _) = of_an_older_version(app).await;
    fill(app, &keys, 15).await;
    let before = app.endpoints_at_stripe(&keys).await;
    app.look_after(&store).await;
    assert_eq!(app.endpoints_at_stripe(&keys).await, before);
    let deleted = app.audited(&store, "webhook_endpoint.deleted").await;
    assert!(deleted.is_empty());
    assert!(app.open_problems(&store).await.is_empty());
    // Once there is room it gets its successor.
    delete(app, &keys, &before[0]).await;
    app.look_after(&store).await;
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(&endpoints[0], &store);
    assert_eq!(endpoints.len(), 15);
}

/// A restricted key of the account that may do all but some things.
async fn restricted(app: &TestApp, keys: &Keys, webhook_endpoints: &str) -> Keys {
    let secret = format!("rk_test_FAKE{}", uuid::Uuid::new_v4().simple());
    app.keep_secret(&secret);
    let key = json!({
        "account_id": keys.account_id, "key": secret,
        "permissions": { "*": "write", "webhook_endpoints": webhook_endpoints },
    });
    app.control(Method::POST, "/keys", key).await;
    Keys {
        secret,
        ..keys.clone()
    }
}

async fn a_key_that_may_not_is_told_to_paste_the_secret(app: &TestApp) {
    let keys = app.create_lively_account().await;
    for access in ["none", "read"] {
        let limited = restricted(app, &keys, access).await;
        let store = app.store_with_two_keys(&limited).await;
        assert_eq!(
            app.open_problems(&store).await,
            ["webhook_not_permitted"],
            "{access}"
        );
        assert!(app.endpoints_at_stripe(&keys).await.is_empty());

        let by_hand = app
            .create_endpoint(&keys, &TestApp::webhook_path(&store))
            .await;
        let merchant = Merchant::open(app, &store, json!({})).await;
        merchant
            .submit(&limited.publishable, &limited.secret, &by_hand)
            .await
            .expect(303);
        assert!(app.open_problems(&store).await.is_empty(), "{access}");
        let endpoints = app.endpoints_at_stripe(&keys).await;
        delete(app, &keys, TestApp::only(&endpoints)).await;
    }
}

async fn a_key_that_may_not_any_more_keeps_what_is_registered(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let before = app.endpoints_at_stripe(&keys).await;
    let limited = restricted(app, &keys, "none").await;
    app.connect(&store, &limited, None).await;
    assert_eq!(app.endpoints_at_stripe(&keys).await, before);
    assert!(
        app.open_problems(&store).await.is_empty(),
        "its deliveries still arrive"
    );

    // It may see that the endpoint is gone, and not make another one.
    let limited = restricted(app, &keys, "read").await;
    app.connect(&store, &limited, None).await;
    delete(app, &keys, &before[0]).await;
    app.look_after(&store).await;
    assert_eq!(app.open_problems(&store).await, ["webhook_not_permitted"]);
}

async fn a_stripe_that_fails_is_tried_again(app: &TestApp) {
    let keys = app.create_lively_account().await;
    app.fault(json!({ "path_prefix": "/v1/webhook_endpoints", "kind": "503", "times": 50 }))
        .await;
    let store = app.create_store("Roastery").await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);
    assert_eq!(app.open_problems(&store).await, ["webhook_not_registered"]);
    let run = async |wait_s| {
        app.wait_s(wait_s);
        gateway::work::health::run_once(&app.app).await.unwrap()
    };
    // Half a minute, then a minute.
    assert_eq!(run(20).await, 0);
    assert_eq!(run(20).await, 1);
    assert_eq!(run(40).await, 0);
    app.control(Method::DELETE, "/faults", json!({})).await;
    assert_eq!(run(40).await, 1);
    assert!(app.open_problems(&store).await.is_empty());
    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_stripe_cannot_reach_us_nothing_is_registered() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.register_webhooks = true;
        settings.stripe_api_base = Url::parse("https://api.stripe.com").unwrap();
    })
    .await;
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    assert_eq!(app.open_problems(&store).await, ["webhook_unreachable"]);
    assert!(app.endpoints_at_stripe(&keys).await.is_empty());

    // A tunnel that somebody set up, with an endpoint and its secret.
    app.connect(&store, &keys, Some("whsec_FAKEofATunnelToHere0"))
        .await;
    assert!(app.open_problems(&store).await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_can_leave_endpoints_to_the_merchants() {
    let app = TestApp::start(TestDatabase::sqlite().await).await;
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    app.look_after(&store).await;
    assert!(app.open_problems(&store).await.is_empty());
    assert!(app.endpoints_at_stripe(&keys).await.is_empty());
    app.finish().await;
}

async fn a_restricted_keys_permissions_are_tried_once_a_day(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let limited = restricted(app, &keys, "write").await;
    app.store_with_two_keys(&limited).await;
    app.all_delivered().await;
    let tried = async || {
        let requests = app.stripe_requests().await;
        let refunds = requests
            .iter()
            .filter(|one| one["path"].as_str().unwrap().starts_with("/v1/refunds"));
        refunds.count()
    };
    let at_connect = tried().await;
    assert!(at_connect > 0);
    for _ in 0..24 {
        app.wait_s(67 * 60);
        assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 1);
    }
    assert_eq!(tried().await, 2 * at_connect);
}
