//! Whose key opens what.

use serde_json::json;

use crate::harness::{ALICE, ALICE_LIVE, ALICE_PK, BOB, BOB_PK, read, start};

#[actix_web::test]
async fn the_account_belongs_to_the_key() {
    let stripe = start().await;
    let alice = stripe.get(ALICE, "/v1/account").await;
    assert_eq!(alice.body["id"], "acct_1alice");
    assert_eq!(alice.body["country"], "DE");
    assert_eq!(alice.body["default_currency"], "eur");
    assert_eq!(alice.body["charges_enabled"], true);
    assert_eq!(stripe.get(BOB, "/v1/account").await.body["id"], "acct_1bob");
    assert_eq!(
        stripe.get(ALICE_LIVE, "/v1/balance").await.body["livemode"],
        true
    );
}

#[actix_web::test]
async fn keys_that_do_not_fit_are_refused_as_at_stripe() {
    let stripe = start().await;
    let unknown = stripe.get("sk_test_FAKEEXAMPLE1234", "/v1/account").await;
    assert_eq!(unknown.status, 401);
    assert_eq!(unknown.body["error"]["type"], "invalid_request_error");
    assert_eq!(
        unknown.body["error"]["message"],
        "Invalid API Key provided: sk_test_***********1234"
    );
    let publishable = stripe.get(ALICE_PK, "/v1/account").await;
    assert_eq!(
        publishable.error(),
        (401, Some("secret_key_required"), None)
    );
    let none = reqwest::Client::builder()
        .build()
        .unwrap()
        .get(format!("{}/v1/account", stripe.url()));
    let none = read(none).await;
    assert!(
        none.body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("You did not provide an API key")
    );
    let foreign = read(
        stripe
            .request("GET", ALICE, "/v1/account")
            .header("Stripe-Account", "acct_1bob"),
    )
    .await;
    assert_eq!(foreign.error(), (403, Some("account_invalid"), None));
}

#[actix_web::test]
async fn an_account_never_sees_anothers_objects() {
    let stripe = start().await;
    let made = stripe
        .payment(ALICE, "confirm=true&payment_method=pm_card_visa")
        .await;
    let charge = made.body["latest_charge"].as_str().unwrap();
    let method = made.body["payment_method"].as_str().unwrap();
    let setup = stripe.post(ALICE, "/v1/setup_intents", "").await;
    let hook = stripe
        .post(
            ALICE,
            "/v1/webhook_endpoints",
            "url=https://x.example/&enabled_events[]=*",
        )
        .await;
    let events = stripe.get(ALICE, "/v1/events").await;
    let event = events.body["data"][0]["id"].as_str().unwrap();
    for path in [
        format!("/v1/payment_intents/{}", made.id()),
        format!("/v1/charges/{charge}"),
        format!("/v1/payment_methods/{method}"),
        format!("/v1/setup_intents/{}", setup.id()),
        format!("/v1/webhook_endpoints/{}", hook.id()),
        format!("/v1/events/{event}"),
    ] {
        assert_eq!(stripe.get(ALICE, &path).await.status, 200, "{path}");
        for stranger in [BOB, ALICE_LIVE] {
            let refused = stripe.get(stranger, &path).await;
            assert_eq!(
                (refused.status, refused.error().1),
                (404, Some("resource_missing")),
                "{stranger} {path}"
            );
        }
    }
    for list in ["payment_intents", "charges", "events", "webhook_endpoints"] {
        assert_eq!(
            stripe.get(BOB, &format!("/v1/{list}")).await.body["data"],
            json!([]),
            "{list}"
        );
    }
    let stolen = format!("payment_method={method}");
    assert_eq!(
        stripe.payment(BOB, &stolen).await.error(),
        (400, Some("resource_missing"), Some("payment_method"))
    );
}

#[actix_web::test]
async fn the_other_mode_of_an_account_is_another_world_with_a_hint() {
    let stripe = start().await;
    let live = stripe
        .payment(ALICE_LIVE, "confirm=true&payment_method=pm_card_visa")
        .await;
    assert_eq!(live.body["livemode"], true);
    assert_eq!(live.body["status"], "succeeded");
    let path = format!("/v1/payment_intents/{}", live.id());
    let hint = stripe.get(ALICE, &path).await;
    let message = hint.body["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("a similar object exists in live mode, but a test mode key was used to make this request."), "{message}");
    let stranger = stripe.get(BOB, &path).await;
    assert_eq!(
        stranger.body["error"]["message"],
        format!("No such payment_intent: '{}'", live.id())
    );
}

#[actix_web::test]
async fn a_client_secret_proves_that_two_keys_are_of_one_account() {
    let stripe = start().await;
    let setup = stripe
        .post(ALICE, "/v1/setup_intents", "usage=off_session")
        .await;
    let secret = setup.body["client_secret"].as_str().unwrap();
    let path = format!("/v1/setup_intents/{}", setup.id());
    let with_secret = format!("{path}?client_secret={secret}");
    assert_eq!(
        stripe.get(ALICE_PK, &with_secret).await.body["object"],
        "setup_intent"
    );
    assert_eq!(
        stripe.get(BOB_PK, &with_secret).await.error(),
        (404, Some("resource_missing"), Some("intent"))
    );
    assert_eq!(
        stripe.get(ALICE_PK, &path).await.error(),
        (400, Some("parameter_missing"), Some("client_secret"))
    );
    let guess = stripe
        .get(ALICE_PK, &format!("{path}?client_secret=seti_guess"))
        .await;
    assert_eq!(guess.error(), (400, None, Some("client_secret")));
    let canceled = stripe.post(ALICE, &format!("{path}/cancel"), "").await;
    assert_eq!(canceled.body["status"], "canceled");
    let again = stripe.post(ALICE, &format!("{path}/cancel"), "").await;
    assert_eq!(
        again.error(),
        (400, Some("setup_intent_unexpected_state"), None)
    );
}

#[actix_web::test]
async fn accounts_can_be_added_while_the_sandbox_runs() {
    let stripe = start().await;
    let carol = json!({
        "account_id": "acct_1carol", "publishable_key": "pk_test_FAKE_carol", "secret_key": "rk_test_FAKE_carol",
    });
    assert_eq!(
        stripe
            .control("POST", "/accounts", carol.clone())
            .await
            .status,
        201
    );
    assert_eq!(
        stripe.get("rk_test_FAKE_carol", "/v1/account").await.body["id"],
        "acct_1carol"
    );
    assert_eq!(stripe.control("POST", "/accounts", carol).await.status, 422);
    let mixed = json!({
        "account_id": "acct_1dan", "publishable_key": "pk_live_FAKE_dan", "secret_key": "sk_test_FAKE_dan",
    });
    assert_eq!(stripe.control("POST", "/accounts", mixed).await.status, 422);
}

#[actix_web::test]
async fn every_request_is_on_record_with_its_key_and_without_card_numbers() {
    let stripe = start().await;
    stripe.control("DELETE", "/requests", json!(null)).await;
    stripe
        .post_with_key(
            ALICE,
            "/v1/payment_intents",
            "amount=5&currency=usd&metadata[a]=b",
            "key-1",
        )
        .await;
    stripe
        .post(BOB_PK, "/v1/payment_methods", "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=34&card[cvc]=123")
        .await;
    let log = stripe.control("GET", "/requests", json!(null)).await;
    let requests = log.body["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["method"], "POST");
    assert_eq!(requests[0]["path"], "/v1/payment_intents");
    assert_eq!(requests[0]["authorization"], ALICE);
    assert_eq!(requests[0]["account"], "acct_1alice");
    assert_eq!(requests[0]["idempotency_key"], "key-1");
    assert_eq!(
        requests[0]["params"],
        json!({ "amount": "5", "currency": "usd", "metadata": { "a": "b" } })
    );
    assert_eq!(requests[0]["status"], 400);
    assert_eq!(requests[1]["authorization"], BOB_PK);
    assert_eq!(requests[1]["status"], 200);
    assert!(!log.body.to_string().contains("4242424242424242"));
}

#[actix_web::test]
async fn the_control_api_answers_neither_foreign_names_nor_foreign_pages() {
    let stripe = start().await;
    let http = reqwest::Client::builder().build().unwrap();
    let url = format!("{}/_sandbox/accounts", stripe.url());
    for (name, value) in [
        ("Host", "rebound.example"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let refused = http.get(&url).header(name, value).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 404, "{name}: {value}");
    }
    let own = http
        .get(&url)
        .header("Origin", stripe.url())
        .send()
        .await
        .unwrap();
    assert_eq!(own.status().as_u16(), 200);
}
