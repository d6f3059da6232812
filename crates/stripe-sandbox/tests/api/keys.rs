//! What merchants do with API keys, and what Stripe does with accounts.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_LIVE, ALICE_PK, CARD_ONLY, Stripe, start};

const RESTRICTED: &str = "rk_test_FAKE_alice_limited";

async fn keys(stripe: &Stripe, what: &str, body: Value) -> (u16, Value) {
    let reply = stripe.control("POST", &format!("/keys{what}"), body).await;
    (reply.status, reply.body)
}

async fn restricted(stripe: &Stripe, permissions: Value) -> (u16, Value) {
    let key = json!({ "account_id": "acct_1alice", "key": RESTRICTED, "permissions": permissions });
    keys(stripe, "", key).await
}

#[actix_web::test]
async fn a_restricted_key_does_what_it_may() {
    let stripe = start().await;
    let may = json!({ "payment_intents": "write", "events": "read", "charge": "none" });
    assert_eq!(restricted(&stripe, may).await.0, 201);
    let form = format!("amount=2000&{CARD_ONLY}");
    let made = stripe.post(RESTRICTED, "/v1/payment_intents", &form).await;
    assert_eq!(made.status, 200);
    assert_eq!(stripe.get(RESTRICTED, "/v1/events").await.status, 200);
    let event = "/v1/events/evt_1/retry";
    for (method, path, title, name) in [
        (
            "GET",
            "/v1/charges",
            "Charges and Refunds Read",
            "charge_read",
        ),
        ("POST", event, "Events Write", "event_write"),
        (
            "GET",
            "/v1/account",
            "Accounts Read",
            "connected_account_read",
        ),
        (
            "DELETE",
            "/v1/webhook_endpoints/we_1",
            "Webhook Endpoints Write",
            "webhook_write",
        ),
    ] {
        let refused = crate::harness::read(stripe.request(method, RESTRICTED, path)).await;
        assert_eq!(
            refused.error(),
            (403, Some("more_permissions_required"), None),
            "{path}"
        );
        assert_eq!(
            refused.body["error"]["message"],
            format!(
                "The provided key 'rk_test_**************ited' does not have the required permissions for this endpoint on account 'acct_1alice'. Enabling \"{title}\" ('{name}') permissions on this key would allow this request to continue."
            )
        );
    }
    // The account's own keys have no bounds.
    assert_eq!(stripe.get(ALICE, "/v1/charges").await.status, 200);
}

#[actix_web::test]
async fn a_refused_request_does_not_use_its_idempotency_key_up() {
    let stripe = start().await;
    restricted(&stripe, json!({ "events": "read" })).await;
    let form = format!("amount=2000&{CARD_ONLY}");
    let refused = stripe
        .post_with_key(RESTRICTED, "/v1/payment_intents", &form, "key")
        .await;
    assert_eq!(
        (refused.status, refused.header("Original-Request")),
        (403, None)
    );
    let made = stripe
        .post_with_key(ALICE, "/v1/payment_intents", &form, "key")
        .await;
    assert_eq!(
        (made.status, made.header("Idempotent-Replayed")),
        (200, None)
    );
    assert_eq!(made.header("Original-Request"), made.header("Request-Id"));
    assert_eq!(made.header("Idempotency-Key"), Some("key"));
}

#[actix_web::test]
async fn keys_that_make_no_sense_are_refused() {
    let stripe = start().await;
    assert_eq!(restricted(&stripe, json!({ "pets": "read" })).await.0, 422);
    assert_eq!(restricted(&stripe, json!({ "events": "own" })).await.0, 400);
    for (key, permissions, status) in [
        ("rk_test_FAKE_x", json!(null), 422),
        ("sk_test_FAKE_x", json!({ "events": "read" }), 422),
        ("pk_test_FAKE_x", json!(null), 422),
        ("secret", json!(null), 422),
        (ALICE, json!(null), 422),
        ("sk_test_FAKE_second", json!(null), 201),
    ] {
        let body = json!({ "account_id": "acct_1alice", "key": key, "permissions": permissions });
        assert_eq!(keys(&stripe, "", body).await.0, status, "{key}");
    }
    let body = json!({ "account_id": "acct_1bob", "key": "sk_live_FAKE_bob" });
    assert_eq!(keys(&stripe, "", body).await.0, 404, "bob has no live mode");
    assert_eq!(
        stripe
            .get("sk_test_FAKE_second", "/v1/balance")
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn an_expired_key_is_told_so_when_its_time_comes() {
    let stripe = start().await;
    let body = json!({ "key": ALICE, "in_seconds": 60 });
    assert_eq!(keys(&stripe, "/expire", body).await.0, 200);
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 200);
    stripe.advance(60);
    let refused = stripe.get(ALICE, "/v1/balance").await;
    assert_eq!(refused.error(), (401, Some("api_key_expired"), None));
    assert_eq!(
        refused.body["error"]["message"],
        "Expired API Key provided: sk_test_******lice"
    );
    assert_eq!(
        keys(&stripe, "/expire", json!({ "key": "sk_test_x" }))
            .await
            .0,
        404
    );
}

#[actix_web::test]
async fn a_rolled_key_has_a_successor_with_the_same_rights() {
    let stripe = start().await;
    restricted(&stripe, json!({ "balance": "read" })).await;
    let (status, rolled) = keys(&stripe, "/roll", json!({ "key": RESTRICTED })).await;
    let new = rolled["key"].as_str().unwrap();
    assert!(
        (status, new.starts_with("rk_test_FAKE")) == (201, true),
        "{new}"
    );
    assert_eq!(stripe.get(RESTRICTED, "/v1/balance").await.status, 401);
    assert_eq!(stripe.get(new, "/v1/balance").await.status, 200);
    assert_eq!(stripe.get(new, "/v1/events").await.status, 403);

    let body = json!({ "key": ALICE, "new_key": "sk_test_FAKE_alice_2", "in_seconds": 3600 });
    assert_eq!(keys(&stripe, "/roll", body).await.0, 201);
    for key in [ALICE, "sk_test_FAKE_alice_2"] {
        assert_eq!(stripe.get(key, "/v1/balance").await.status, 200);
    }
    let accounts = stripe.control("GET", "/accounts", json!(null)).await;
    assert_eq!(
        accounts.body["accounts"][0]["secret_key"],
        "sk_test_FAKE_alice_2"
    );
    let body = json!({ "key": ALICE_PK, "new_key": "pk_live_FAKE_alice_2" });
    assert_eq!(keys(&stripe, "/roll", body).await.0, 422);
    let list = stripe
        .control("GET", "/keys?account=acct_1alice", json!(null))
        .await;
    assert_eq!(list.body["keys"].as_array().unwrap().len(), 7);
}

#[actix_web::test]
async fn stripe_can_restrict_or_close_an_account() {
    let stripe = start().await;
    let standing = async |standing: &str| {
        let body = json!({ "standing": standing });
        let path = "/accounts/acct_1alice/standing";
        assert_eq!(stripe.control("POST", path, body).await.status, 200);
    };
    standing("restricted").await;
    let live = stripe.payment(ALICE_LIVE, "").await;
    assert_eq!(live.error(), (400, Some("account_invalid"), None));
    assert_eq!(
        stripe.payment(ALICE, "").await.status,
        200,
        "in test mode all goes on"
    );
    let account = stripe.get(ALICE_LIVE, "/v1/account").await;
    assert_eq!(account.body["charges_enabled"], false);
    standing("closed").await;
    for key in [ALICE, ALICE_LIVE, ALICE_PK] {
        let refused = stripe.get(key, "/v1/balance").await;
        assert_eq!(refused.error(), (401, Some("api_key_expired"), None));
    }
    standing("active").await;
    assert_eq!(stripe.payment(ALICE_LIVE, "").await.status, 200);
}

#[actix_web::test]
async fn an_account_that_asks_too_often_is_refused_for_the_rest_of_the_second() {
    let stripe = start().await;
    let set = stripe
        .control("POST", "/rate_limit", json!({ "per_second": 3 }))
        .await;
    assert_eq!(set.body, json!({ "per_second": 3 }));
    let statuses = async |key| {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(stripe.get(key, "/v1/balance").await.status);
        }
        statuses
    };
    assert_eq!(statuses(ALICE).await, [200, 200, 200, 429]);
    assert_eq!(
        statuses(ALICE_LIVE).await,
        [200, 200, 200, 429],
        "modes count apart"
    );
    let refused = stripe.payment(ALICE, "").await;
    assert_eq!(refused.error(), (429, Some("rate_limit"), None));
    assert_eq!(
        refused.header("Stripe-Rate-Limited-Reason"),
        Some("global-rate")
    );
    stripe.advance(1);
    assert_eq!(statuses(ALICE).await, [200, 200, 200, 429]);
    stripe
        .control("POST", "/rate_limit", json!({ "per_second": null }))
        .await;
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 200);
}

#[actix_web::test]
async fn a_restricted_keys_permissions_can_be_changed() {
    let stripe = start().await;
    for (access, made, status) in [("write", 201, 200), ("read", 200, 403), ("write", 200, 200)] {
        let changed = restricted(&stripe, json!({ "payment_intents": access })).await;
        assert_eq!(changed.0, made);
        let form = format!("amount=2000&{CARD_ONLY}");
        let answer = stripe.post(RESTRICTED, "/v1/payment_intents", &form).await;
        assert_eq!(answer.status, status, "{access}");
    }
}
