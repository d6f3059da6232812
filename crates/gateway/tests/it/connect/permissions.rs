//! C6: a restricted key is asked for each permission, and what it lacks has a name.

use gateway::connect::permissions;
use gateway::stripe::StoreStripe;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Merchant, marked_fields, new_account, stripe_status};
use crate::harness::{ConnectedStore, Keys, TestApp, stories};

stories!(
    c6_what_a_restricted_key_lacks_is_named_and_nothing_is_stored,
    c6_what_is_only_useful_is_told_after_connecting,
    c6_a_better_key_closes_what_it_mends,
    c6_a_permission_that_was_added_at_stripe_is_found,
    c6_trouble_at_stripe_is_no_missing_permission,
    c6_probing_leaves_nothing_behind,
);

/// Without these there are no payments.
fn required() -> Value {
    json!({ "account": "read", "payment_intents": "write", "refunds": "write" })
}

/// Everything that the form asks for.
pub fn complete() -> Value {
    let mut all = required();
    for (name, access) in [
        ("webhook_endpoints", "write"),
        ("events", "read"),
        ("disputes", "read"),
        ("setup_intents", "write"),
        ("customers", "write"),
        ("payment_methods", "write"),
    ] {
        all[name] = json!(access);
    }
    all
}

/// An account's keys, the secret one restricted.
pub async fn restricted(app: &TestApp, account: &Keys, permissions: &Value) -> Keys {
    let keys = Keys {
        secret: Keys::fake().secret.replace("sk_", "rk_"),
        ..account.clone()
    };
    app.keep_secret(&keys.secret);
    let key =
        json!({ "account_id": keys.account_id, "key": keys.secret, "permissions": permissions });
    app.control(Method::POST, "/keys", key).await;
    keys
}

/// (code, detail) of the open problems of permissions.
pub async fn problems(app: &TestApp, store: &str) -> Vec<(String, Value)> {
    let status = stripe_status(app, store).await;
    let problems = status["problems"].as_array().unwrap();
    let text = |problem: &Value| problem["code"].as_str().unwrap().to_owned();
    problems
        .iter()
        .filter(|one| ["permissions_missing", "events_not_permitted"].contains(&&*text(one)))
        .map(|one| (text(one), one["detail"].clone()))
        .collect()
}

async fn c6_what_a_restricted_key_lacks_is_named_and_nothing_is_stored(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    let weak = json!({ "account": "read", "payment_intents": "read", "events": "read" });
    let keys = restricted(app, &account, &weak).await;
    let answer = merchant.submit_keys(&keys).await;
    answer.expect(422);
    assert_eq!(marked_fields(&answer), ["secret_key"]);
    let lacks = "it lacks “PaymentIntents: Write”, “Charges and Refunds: Write”.";
    assert!(answer.text.contains(lacks), "{}", answer.text);
    let status = stripe_status(app, &store).await;
    assert_eq!(status["modes"], json!({ "test": null, "live": null }));
    assert_eq!(status["problems"], json!([]));

    // Not even the account may be read: it is named like the others.
    let keys = restricted(app, &account, &json!({})).await;
    let answer = merchant.submit_keys(&keys).await;
    answer.expect(422);
    let lacks = "it lacks “Accounts: Read”, “PaymentIntents: Write”, “Charges and Refunds: Write”.";
    assert!(answer.text.contains(lacks), "{}", answer.text);

    // The link is still good for a key that has them.
    let keys = restricted(app, &account, &complete()).await;
    merchant.submit_keys(&keys).await.expect(303);
    assert_eq!(problems(app, &store).await, []);
}

async fn c6_what_is_only_useful_is_told_after_connecting(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let keys = restricted(app, &account, &required()).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);
    let told = problems(app, &store).await;
    let expected = [
        ("events_not_permitted", "Events: Read"),
        (
            "permissions_missing",
            "Disputes: Read, SetupIntents: Write, Customers: Write, PaymentMethods: Write",
        ),
    ];
    let expected = expected.map(|(code, detail)| (code.to_owned(), json!(detail)));
    assert_eq!(told, expected);
    let status = stripe_status(app, &store).await;
    assert_eq!(status["problems"], status["modes"]["test"]["problems"]);
    assert!(
        status["problems"][0]["message"]
            .as_str()
            .unwrap()
            .contains("Events")
    );
    assert!(status["problems"][0]["since"].is_string());
    let page = app
        .http
        .get(&format!("/stripe/success/{store}"))
        .send()
        .await;
    for shown in [
        "What needs your attention",
        "SetupIntents: Write",
        "Events: Read",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
}

async fn c6_a_better_key_closes_what_it_mends(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let weak = restricted(app, &account, &required()).await;
    app.connect(&store, &weak, None).await;
    assert_eq!(problems(app, &store).await.len(), 2);
    let mut better = complete();
    better["setup_intents"] = json!("read");
    let better = restricted(app, &account, &better).await;
    app.connect(&store, &better, None).await;
    let told = problems(app, &store).await;
    assert_eq!(told.len(), 1, "{told:?}");
    // The secret key may do everything, and is not even asked.
    app.connect(&store, &account, None).await;
    assert_eq!(problems(app, &store).await, []);
    let requests = app.stripe_requests().await;
    let of_key = |start: &str| {
        let is_probe = |request: &&Value| request["path"].as_str().unwrap().starts_with(start);
        requests.iter().filter(is_probe).count()
    };
    assert_eq!(of_key("/v1/refunds"), 2, "once for each restricted key");
}

async fn c6_a_permission_that_was_added_at_stripe_is_found(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let keys = restricted(app, &account, &complete()).await;
    app.fault(json!({ "path_prefix": "/v1/events", "kind": "403" }))
        .await;
    app.connect(&store, &keys, None).await;
    assert_eq!(problems(app, &store).await.len(), 1);
    let store_id = store.parse().unwrap();
    let check_again = async || {
        let stripe = StoreStripe::open(&app.app, store_id, domain::Mode::Test)
            .await
            .unwrap();
        permissions::check_again(&app.app, store_id, &stripe)
            .await
            .unwrap()
    };
    assert!(check_again().await.missing.is_empty());
    assert_eq!(problems(app, &store).await, []);
    // And one that was taken away.
    app.fault(json!({ "path_prefix": "/v1/refunds", "kind": "403" }))
        .await;
    let lost = check_again().await;
    assert_eq!(lost.missing_required(), ["Charges and Refunds: Write"]);
    let told = problems(app, &store).await;
    let expected = (
        "permissions_missing".to_owned(),
        json!("Charges and Refunds: Write"),
    );
    assert_eq!(told, [expected]);
}

async fn c6_trouble_at_stripe_is_no_missing_permission(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let keys = restricted(app, &account, &complete()).await;
    for path in ["/v1/refunds", "/v1/events"] {
        app.fault(json!({ "path_prefix": path, "kind": "500", "times": 20 }))
            .await;
    }
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);
    assert_eq!(problems(app, &store).await, []);
}

async fn c6_probing_leaves_nothing_behind(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let account = new_account(app).await;
    let keys = restricted(app, &account, &complete()).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);
    let refused = app.stripe_requests().await;
    let mut refused: Vec<(u64, &str)> = refused
        .iter()
        .map(|one| {
            (
                one["status"].as_u64().unwrap(),
                one["path"].as_str().unwrap(),
            )
        })
        .filter(|(status, _)| *status >= 400)
        .collect();
    refused.sort_unstable();
    assert_eq!(
        refused,
        [
            (400, "/v1/payment_intents"),
            (400, "/v1/refunds"),
            (400, "/v1/webhook_endpoints"),
            (404, "/v1/customers/cus_TillgateAsksForNone"),
            (404, "/v1/payment_methods/pm_TillgateAsksForNone"),
            (404, "/v1/setup_intents/seti_TillgateAsksForNone"),
        ]
    );
    let connected = ConnectedStore {
        id: store,
        keys: account,
        webhook_secret: String::new(),
        api_key: String::new(),
    };
    assert_eq!(app.intents_at_stripe(&connected).await, Vec::<Value>::new());
}
