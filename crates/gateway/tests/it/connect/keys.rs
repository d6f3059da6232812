//! What is pasted into the form: which keys are taken, and where the others are marked.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Merchant, marked_fields, new_account, stripe_status, test_account};
use crate::harness::{Keys, TestApp, stories};

stories!(
    pasted_keys_connect_the_store,
    c4_each_prefix_in_each_field,
    c4_mixed_modes_are_refused_at_the_secret_key,
    c5_keys_of_two_accounts_are_refused,
    a_key_that_stripe_refuses_is_marked,
);

async fn pasted_keys_connect_the_store(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let keys = new_account(app).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    let webhook_secret = "whsec_FAKEofThisTestOnly0";
    app.keep_secret(webhook_secret);
    let pasted = |key: &str| format!("\u{feff} {key}\u{200b}\r\n\u{a0}");
    let answer = merchant
        .submit(
            &pasted(&keys.publishable),
            &pasted(&keys.secret),
            &pasted(webhook_secret),
        )
        .await;
    answer.expect(303);
    let status = stripe_status(app, &store).await;
    assert_eq!(status["publishable_key"], keys.publishable);
    assert_eq!(status["account_id"], keys.account_id);
    assert_eq!(
        (&status["country"], &status["default_currency"]),
        (&json!("DE"), &json!("eur"))
    );
    assert_eq!(status["active_mode"], "test");
    assert_eq!(status["webhook"]["configured"], true);
    // The SetupIntent that proved the account is not left behind.
    let requests = app.control(Method::GET, "/requests", json!({})).await;
    let paths: Vec<String> = requests["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    assert!(paths.last().unwrap().ends_with("/cancel"), "{paths:?}");
}

fn line(request: &Value) -> String {
    format!(
        "{} {}",
        request["method"].as_str().unwrap(),
        request["path"].as_str().unwrap()
    )
}

async fn c4_each_prefix_in_each_field(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let keys = new_account(app).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    let prefixes = [
        "pk_test_", "pk_live_", "sk_test_", "sk_live_", "rk_test_", "rk_live_", "whsec_", "acct_",
    ];
    for prefix in prefixes {
        let pasted = format!("{prefix}FAKEFAKE{}", uuid::Uuid::new_v4().simple());
        if !prefix.starts_with("pk_") {
            // The search at the end finds it in any answer.
            app.keep_secret(&pasted);
        }
        let publishable = merchant.submit(&pasted, &keys.secret, "").await;
        publishable.expect(422);
        let at = if prefix == "pk_live_" {
            "secret_key"
        } else {
            "publishable_key"
        };
        assert_eq!(
            marked_fields(&publishable),
            [at],
            "{prefix} as publishable key"
        );
        assert_eq!(
            publishable.text.contains(&pasted),
            prefix.starts_with("pk_"),
            "{prefix}"
        );

        let secret = merchant.submit(&keys.publishable, &pasted, "").await;
        secret.expect(422);
        assert_eq!(
            marked_fields(&secret),
            ["secret_key"],
            "{prefix} as secret key"
        );
        assert!(!secret.text.contains(&pasted), "{prefix} comes back");

        if prefix != "whsec_" {
            let webhook = merchant
                .submit(&keys.publishable, &keys.secret, &pasted)
                .await;
            webhook.expect(422);
            assert_eq!(
                marked_fields(&webhook),
                ["webhook_secret"],
                "{prefix} as signing secret"
            );
            assert!(!webhook.text.contains(&pasted), "{prefix} comes back");
        }
    }
    assert_eq!(test_account(app, &store).await, Value::Null);
    let nothing = merchant.submit(" ", "\u{200b}", "").await;
    nothing.expect(422);
    assert_eq!(marked_fields(&nothing), ["publishable_key", "secret_key"]);
    merchant
        .submit(&keys.publishable, &keys.secret, "whsec_FAKEofThisTestOnly1")
        .await
        .expect(303);
}

async fn c4_mixed_modes_are_refused_at_the_secret_key(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let test = new_account(app).await;
    let live = Keys {
        account_id: test.account_id.clone(),
        ..Keys::fake_in("live")
    };
    app.create_account(&live).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    for (publishable, secret) in [(&test, &live), (&live, &test)] {
        let answer = merchant
            .submit(&publishable.publishable, &secret.secret, "")
            .await;
        answer.expect(422);
        assert_eq!(marked_fields(&answer), ["secret_key"]);
        assert!(answer.text.contains("same mode"), "{}", answer.text);
    }
    let status = stripe_status(app, &store).await;
    assert_eq!(status["modes"], json!({ "test": null, "live": null }));
}

async fn c5_keys_of_two_accounts_are_refused(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let (ours, theirs) = (new_account(app).await, new_account(app).await);
    let merchant = Merchant::open(app, &store, json!({})).await;
    let unknown = Keys::fake();
    for publishable in [&theirs.publishable, &unknown.publishable] {
        let answer = merchant.submit(publishable, &ours.secret, "").await;
        answer.expect(422);
        assert_eq!(marked_fields(&answer), ["publishable_key"]);
        assert!(
            answer.text.contains("another Stripe account"),
            "{}",
            answer.text
        );
    }
    assert_eq!(test_account(app, &store).await, Value::Null);
    merchant.submit_keys(&ours).await.expect(303);
}

async fn a_key_that_stripe_refuses_is_marked(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let keys = new_account(app).await;
    let unknown = Keys::fake();
    app.keep_secret(&unknown.secret);
    let merchant = Merchant::open(app, &store, json!({})).await;
    let answer = merchant
        .submit(&keys.publishable, &unknown.secret, "")
        .await;
    answer.expect(422);
    assert_eq!(marked_fields(&answer), ["secret_key"]);
    assert!(
        answer.text.contains(&keys.publishable),
        "the publishable key stays in the form"
    );
    assert_eq!(test_account(app, &store).await, Value::Null);
}
