//! Two keys are all that a merchant brings.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::connect::{Merchant, stripe_status};
use crate::harness::{ConnectedStore, Keys, TestApp, event_of, stories};

stories!(registering:
    the_connect_form_leaves_an_endpoint_and_a_first_delivery,
    connecting_again_keeps_the_endpoint,
    a_pasted_secret_and_our_endpoint_do_not_disturb_each_other,
    another_account_gets_an_endpoint_of_its_own,
    foreign_endpoints_are_never_touched,
    each_store_of_an_account_has_its_own,
);

async fn the_connect_form_leaves_an_endpoint_and_a_first_delivery(app: &TestApp) {
    let id = app.create_store("Roastery").await;
    let keys = app.create_lively_account().await;
    let merchant = Merchant::open(app, &id, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);

    let endpoints = app.endpoints_at_stripe(&keys).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &id);
    assert_eq!(stripe_status(app, &id).await["webhook"]["configured"], true);
    assert!(app.open_problems(&id).await.is_empty());
    let audited = app.audited(&id, "webhook_endpoint.%").await;
    assert_eq!(audited, ["webhook_endpoint.registered"]);

    app.all_delivered().await;
    assert_eq!(app.last_event_at(&id).await, Some(app.clock.now()));
    assert_eq!(
        app.inbox_where("event_type = 'setup_intent.canceled'")
            .await
            .len(),
        1
    );
    let registered = app.registered(&id, &keys).await.unwrap();
    assert!(registered.has_delivered(app.last_event_at(&id).await));
    // The job notes it by itself, if it was not there already at the end of the form.
    app.wait_s(300);
    gateway::work::health::run_once(&app.app).await.unwrap();
    let registered = app.registered(&id, &keys).await.unwrap();
    assert!(registered.first_delivery_at.is_some());
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 0);

    // And a payment arrives without anything else being done.
    let api_key = app.create_api_key(&id, "test").await;
    let store = ConnectedStore {
        id,
        keys,
        webhook_secret: String::new(),
        api_key,
    };
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.all_delivered().await;
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "paid");
}

async fn connecting_again_keeps_the_endpoint(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    let before = app.endpoints_at_stripe(&keys).await;
    app.connect(&store, &keys, None).await;
    assert_eq!(app.endpoints_at_stripe(&keys).await, before);
    assert_eq!(app.valid_secrets(&store).await.len(), 1);
}

/// Signs an event with a secret and posts it to the store.
async fn accepted(app: &TestApp, store: &str, secret: &str) -> bool {
    let event = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    let path = TestApp::webhook_path(store);
    let body = serde_json::to_vec(&event).unwrap();
    app.post_signed(&path, secret, body).await.status == 200
}

async fn a_pasted_secret_and_our_endpoint_do_not_disturb_each_other(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    assert_eq!(app.endpoints_at_stripe(&store.keys).await.len(), 2);
    let secrets = app.valid_secrets(&store.id).await;
    assert_eq!(secrets.len(), 2);
    assert!(secrets.iter().all(|secret| secret.expires_at.is_none()));
    // Pasted again, after ours was registered.
    let rolled = "whsec_FAKErolledInThisTest";
    app.keep_secret(rolled);
    app.connect(&store.id, &store.keys, Some(rolled)).await;
    assert!(accepted(app, &store.id, &store.webhook_secret).await);
    app.clock.advance(SignedDuration::from_hours(25));
    assert!(!accepted(app, &store.id, &store.webhook_secret).await);
    assert!(accepted(app, &store.id, rolled).await);
    let ours = app.registered(&store.id, &store.keys).await.unwrap();
    let secrets = app.valid_secrets(&store.id).await;
    let ids: Vec<_> = secrets
        .iter()
        .map(|one| one.endpoint_id.as_deref())
        .collect();
    assert_eq!(ids, [None, Some(ours.endpoint_id.as_str())]);
}

async fn another_account_gets_an_endpoint_of_its_own(app: &TestApp) {
    let (first, second) = (
        app.create_lively_account().await,
        app.create_lively_account().await,
    );
    let store = app.store_with_two_keys(&first).await;
    let before = app.endpoints_at_stripe(&first).await;
    app.connect(&store, &second, None).await;
    let endpoints = app.endpoints_at_stripe(&second).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    // What the former account took may still change: its endpoint stays, and nobody looks after it.
    assert_eq!(app.endpoints_at_stripe(&first).await, before);
    let id = before[0]["id"].as_str().unwrap();
    app.as_merchant(
        &first,
        Method::DELETE,
        &format!("webhook_endpoints/{id}"),
        &[],
    )
    .await;
    app.wait_s(7200);
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 2);
    assert!(app.endpoints_at_stripe(&first).await.is_empty());
    assert_eq!(app.valid_secrets(&store).await.len(), 2);
}

async fn create_foreign(app: &TestApp, keys: &Keys, fields: &[(&str, &str)]) -> Value {
    let form = [&[("enabled_events[0]", "charge.refunded")], fields].concat();
    let made = app
        .as_merchant(keys, Method::POST, "webhook_endpoints", &form)
        .await;
    let path = format!("webhook_endpoints/{}", made["id"].as_str().unwrap());
    app.as_merchant(keys, Method::GET, &path, &[]).await
}

async fn foreign_endpoints_are_never_touched(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let id = app.create_store("Roastery").await;
    let our_url = format!("{}/webhook/stripe/{id}", app.url);
    let other_store = uuid::Uuid::now_v7().to_string();
    let mut foreign = Vec::new();
    for fields in [
        vec![("url", "https://accounting.example.com/stripe")],
        // Made by hand, with our URL.
        vec![("url", our_url.as_str())],
        // Another store of another gateway, and this store in production, whose database was copied here.
        vec![
            ("url", "https://pay.example.com"),
            ("metadata[tillgate_store_id]", &other_store),
            ("metadata[tillgate_mode]", "test"),
            ("metadata[tillgate_home]", "this machine"),
        ],
        vec![
            ("url", "https://pay.example.com"),
            ("metadata[tillgate_store_id]", &id),
            ("metadata[tillgate_mode]", "test"),
            ("metadata[tillgate_home]", "https://pay.example.com"),
        ],
    ] {
        foreign.push(create_foreign(app, &keys, &fields).await);
    }
    foreign.reverse();
    app.connect(&id, &keys, None).await;
    for _ in 0..2 {
        let endpoints = app.endpoints_at_stripe(&keys).await;
        assert_eq!(endpoints[1..], foreign);
        app.assert_as_wanted(&endpoints[0], &id);
        app.look_after(&id).await;
    }
}

async fn each_store_of_an_account_has_its_own(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let first = app.store_with_two_keys(&keys).await;
    let second = app.store_with_two_keys(&keys).await;
    for store in [&first, &second] {
        app.look_after(store).await;
    }
    let endpoints = app.endpoints_at_stripe(&keys).await;
    assert_eq!(endpoints.len(), 2);
    app.assert_as_wanted(&endpoints[0], &second);
    app.assert_as_wanted(&endpoints[1], &first);
}
