//! Stripe fails while keys are checked: nothing changes, the form comes back, and the link still works.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Merchant, marked_fields, new_account, test_account};
use crate::harness::{TestApp, stories};

stories!(
    r2_while_stripe_is_down_nothing_changes,
    r1_a_black_hole_is_a_timeout
);

async fn r2_while_stripe_is_down_nothing_changes(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    let keys = new_account(app).await;
    for (path, kind, status) in [
        ("/v1/account", "500", 502),
        ("/v1/account", "html_502", 502),
        ("/v1/account", "reset", 502),
        ("/v1/account", "truncated_200", 502),
        ("/v1/account", "429", 503),
        ("/v1/setup_intents", "500", 502),
        ("/v1/setup_intents", "429", 503),
        ("/v1/setup_intents/seti_", "reset", 502),
    ] {
        fail(app, path, json!(kind)).await;
        let answer = merchant.submit_keys(&keys).await;
        assert_eq!(answer.status, status, "{kind} at {path}: {}", answer.text);
        assert!(
            answer.text.contains("Nothing was changed"),
            "{kind} at {path}"
        );
        assert!(answer.text.contains(&keys.publishable) && marked_fields(&answer).is_empty());
        assert_eq!(
            answer.headers.contains_key("retry-after"),
            status == 503,
            "{kind} at {path}"
        );
        assert_eq!(test_account(app, &store.id).await, store.keys.account_id);
    }
    app.control(Method::DELETE, "/faults", json!({})).await;
    // Another account's keys wait for their confirmation, and for nothing else.
    merchant.submit_keys(&keys).await.expect(409);
    merchant.submit_keys(&store.keys).await.expect(303);
}

async fn r1_a_black_hole_is_a_timeout(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    fail(app, "/v1/account", json!({ "latency_ms": 60_000 })).await;
    let answer = merchant.submit_keys(&new_account(app).await).await;
    answer.expect(504);
    assert_eq!(test_account(app, &store).await, Value::Null);
}

/// Every attempt of the next call meets the fault.
async fn fail(app: &TestApp, path_prefix: &str, kind: Value) {
    app.control(Method::DELETE, "/faults", json!({})).await;
    app.control(
        Method::POST,
        "/faults",
        json!({ "path_prefix": path_prefix, "kind": kind, "times": 20 }),
    )
    .await;
}
