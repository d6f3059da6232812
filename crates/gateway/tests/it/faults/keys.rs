//! Keys that stop working, accounts that Stripe closes, and limits: as they are, not as injected errors.

use reqwest::Method;
use serde_json::{Value, json};

use super::{pay_and_check, place, start_paying};
use crate::harness::{ConnectedStore, Keys, TestApp, stories};

stories!(
    c8_a_rolled_key_is_replaced_and_everything_goes_on,
    c6_a_restricted_key_that_may_not_pay_is_told,
    c8_a_closed_account_pauses_its_store,
    r1_stripes_rate_limit_is_passed_on_and_charges_once,
);

async fn reconnect(app: &TestApp, store: &ConnectedStore, secret: &str) {
    app.keep_secret(secret);
    let keys = Keys {
        secret: secret.to_owned(),
        ..store.keys.clone()
    };
    app.connect(&store.id, &keys, Some(&store.webhook_secret))
        .await;
}

async fn c8_a_rolled_key_is_replaced_and_everything_goes_on(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = place(app, &store).await;
    let rolled = json!({ "key": store.keys.secret });
    let rolled = app.control(Method::POST, "/keys/roll", rolled).await;
    let refused = start_paying(app, &store, &order).await;
    refused.expect_error(409, "store_reconnect_needed");
    let new = rolled["key"].as_str().unwrap();
    reconnect(app, &store, new).await;
    let intent = start_paying(app, &store, &order).await.expect(201);
    let mut store = store;
    new.clone_into(&mut store.keys.secret);
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}

async fn c6_a_restricted_key_that_may_not_pay_is_told(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = place(app, &store).await;
    let key = store.keys.secret.replace("sk_", "rk_");
    let permit = async |permissions: Value| {
        let body =
            json!({ "account_id": store.keys.account_id, "key": key, "permissions": permissions });
        app.control(Method::POST, "/keys", body).await;
    };
    let enough = json!({ "*": "read", "payment_intents": "write", "refunds": "write" });
    permit(enough.clone()).await;
    reconnect(app, &store, &key).await;
    // The merchant takes the permission away at Stripe, and gives it back.
    permit(json!({ "*": "write", "payment_intents": "read" })).await;
    let refused = start_paying(app, &store, &order).await;
    refused.expect_error(409, "store_reconnect_needed");
    assert!(!refused.text.contains("rk_"), "{}", refused.text);
    permit(enough).await;
    reconnect(app, &store, &key).await;
    let intent = start_paying(app, &store, &order).await.expect(201);
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}

async fn c8_a_closed_account_pauses_its_store(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (order, elsewhere) = (place(app, &store).await, place(app, &other).await);
    let path = format!("/accounts/{}/standing", store.keys.account_id);
    app.control(Method::POST, &path, json!({ "standing": "closed" }))
        .await;
    let refused = start_paying(app, &store, &order).await;
    refused.expect_error(409, "store_reconnect_needed");
    start_paying(app, &other, &elsewhere).await.expect(201);
    // Stripe lets it work again: the merchant connects once more.
    app.control(Method::POST, &path, json!({ "standing": "active" }))
        .await;
    reconnect(app, &store, &store.keys.secret).await;
    let intent = start_paying(app, &store, &order).await.expect(201);
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}

async fn r1_stripes_rate_limit_is_passed_on_and_charges_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = place(app, &store).await;
    let limit = async |per_second: Value| {
        let body = json!({ "per_second": per_second });
        app.control(Method::POST, "/rate_limit", body).await;
    };
    limit(json!(0)).await;
    let refused = start_paying(app, &store, &order).await;
    refused.expect_error(503, "stripe_rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    limit(json!(null)).await;
    let intent = start_paying(app, &store, &order).await.expect(201);
    let creations = app.intent_creations().await;
    assert_eq!(creations.len(), 4, "three attempts, then one");
    for creation in &creations {
        assert_eq!(creation["idempotency_key"], creations[0]["idempotency_key"]);
    }
    pay_and_check(app, &store, &order, intent["id"].as_str().unwrap()).await;
}
