//! The two paths themselves: who is not there, what is not allowed, and that each answer is an envelope.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{TestApp, event_of, stories};

stories!(
    unknown_stores_do_not_exist,
    other_methods_are_not_allowed,
    a_live_and_a_test_secret_stand_side_by_side
);

async fn unknown_stores_do_not_exist(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" })).to_string();
    for id in [
        Uuid::new_v4().to_string(),
        Uuid::nil().to_string(),
        "1".to_owned(),
        "store".to_owned(),
        "%00".to_owned(),
        "%FF".to_owned(),
        format!("{}%20", store.id),
        format!("{}x", store.id),
        "x".repeat(5_000),
        "..%2f..%2fhealthz".to_owned(),
    ] {
        let reply = app
            .post_signed(
                &TestApp::webhook_path(&id),
                &store.webhook_secret,
                body.as_bytes(),
            )
            .await;
        reply.expect_error(404, "resource_missing");
    }
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn other_methods_are_not_allowed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for path in [
        TestApp::webhook_path(&store.id),
        TestApp::webhook_path("nobody"),
        "/webhook/stripe".to_owned(),
    ] {
        for method in [
            Method::GET,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            let reply = app.http.request(method.clone(), &path).send().await;
            reply.expect_error(405, "method_not_allowed");
            assert_eq!(reply.header("allow"), "POST", "{method} {path}");
        }
    }
}

async fn a_live_and_a_test_secret_stand_side_by_side(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let keys = crate::harness::Keys::fake_in("live");
    app.create_account(&keys).await;
    let path = TestApp::webhook_path(&store.id);
    let live_secret = app.create_endpoint(&keys, &path).await;
    app.connect(&store.id, &keys, Some(&live_secret)).await;
    for (secret, livemode, outcome) in [
        (&store.webhook_secret, false, ("received", None)),
        (&live_secret, true, ("received", None)),
        (
            &store.webhook_secret,
            true,
            ("ignored", Some("mode_mismatch")),
        ),
        (&live_secret, false, ("ignored", Some("mode_mismatch"))),
    ] {
        let mut event = event_of(
            "payment_intent.created",
            &json!({ "id": "pi_FAKE1", "object": "payment_intent" }),
        );
        event["livemode"] = json!(livemode);
        app.post_signed(&path, secret, event.to_string())
            .await
            .expect(200);
        let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(stored.outcome(), outcome);
    }
}
