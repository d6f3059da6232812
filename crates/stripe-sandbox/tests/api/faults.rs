//! Failures on request.

use std::time::Duration;

use serde_json::json;

use crate::harness::{ALICE, BOB, CARD_ONLY, Stripe, start};

const PATH: &str = "/v1/payment_intents";

async fn payments(stripe: &Stripe) -> usize {
    stripe.get(ALICE, PATH).await.body["data"]
        .as_array()
        .unwrap()
        .len()
}

#[actix_web::test]
async fn errors_come_as_often_as_asked_and_have_no_effect() {
    let stripe = start().await;
    for (kind, status, code) in [
        ("500", 500, None),
        ("429", 429, Some("rate_limit")),
        ("409", 409, Some("idempotency_key_in_use")),
        ("401", 401, Some("api_key_expired")),
        ("403", 403, Some("more_permissions_required")),
    ] {
        stripe.fault(PATH, json!(kind)).await;
        assert_eq!(
            stripe.payment(ALICE, "").await.error(),
            (status, code, None),
            "{kind}"
        );
    }
    assert_eq!(payments(&stripe).await, 0);
    assert_eq!(stripe.payment(ALICE, "").await.status, 200);
}

#[actix_web::test]
async fn a_fault_is_for_its_path_method_and_account() {
    let stripe = start().await;
    let fault = json!({ "path_prefix": "/v1/balance", "method": "GET", "account": "acct_1alice", "times": 2, "kind": "500" });
    stripe.control("POST", "/faults", fault).await;
    assert_eq!(stripe.get(ALICE, "/v1/account").await.status, 200);
    assert_eq!(stripe.get(BOB, "/v1/balance").await.status, 200);
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 500);
    let left = stripe.control("GET", "/faults", json!(null)).await;
    assert_eq!(left.body["faults"][0]["times"], 1);
    stripe.control("DELETE", "/faults", json!(null)).await;
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 200);
}

#[actix_web::test]
async fn a_fault_says_when_to_come_back() {
    let stripe = start().await;
    let headers = json!({ "Retry-After": "7", "Stripe-Should-Retry": "false" });
    let fault = json!({ "path_prefix": PATH, "kind": "429", "headers": headers });
    assert_eq!(stripe.control("POST", "/faults", fault).await.status, 201);
    let refused = stripe.payment(ALICE, "").await;
    assert_eq!(refused.header("Retry-After"), Some("7"));
    assert_eq!(refused.header("Stripe-Should-Retry"), Some("false"));
    stripe.fault(PATH, json!("lock_timeout")).await;
    let locked = stripe.payment(ALICE, "").await;
    assert_eq!(locked.error(), (429, Some("lock_timeout"), None));
    assert_eq!(locked.header("Stripe-Should-Retry"), Some("true"));
}

#[actix_web::test]
async fn a_cut_connection_may_come_before_or_after_the_effect() {
    let stripe = start().await;
    let form = format!("amount=2000&{CARD_ONLY}");
    stripe.fault(PATH, json!("reset")).await;
    assert!(stripe.form(ALICE, PATH, &form).send().await.is_err());
    assert_eq!(payments(&stripe).await, 0);
    stripe.fault(PATH, json!("after_effect_reset")).await;
    let cut = stripe
        .form(ALICE, PATH, &form)
        .header("Idempotency-Key", "key")
        .send()
        .await;
    assert!(cut.is_err());
    assert_eq!(payments(&stripe).await, 1);
    let retried = stripe.post_with_key(ALICE, PATH, &form, "key").await;
    assert_eq!(retried.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(payments(&stripe).await, 1);
    let log = stripe.control("GET", "/requests", json!(null)).await;
    let cut = log.body["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["status"].is_null())
        .count();
    assert_eq!(cut, 2);
}

#[actix_web::test]
async fn an_answer_can_be_withheld_after_the_effect() {
    let stripe = start().await;
    stripe.fault(PATH, json!("after_effect_timeout")).await;
    let request = stripe
        .form(ALICE, PATH, &format!("amount=2000&{CARD_ONLY}"))
        .timeout(Duration::from_millis(500));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(payments(&stripe).await, 1);
}

#[actix_web::test]
async fn the_effect_can_hide_behind_an_error_or_a_broken_body() {
    let stripe = start().await;
    stripe.fault(PATH, json!("after_effect_500")).await;
    assert_eq!(stripe.payment(ALICE, "").await.status, 500);
    stripe.fault(PATH, json!("truncated_200")).await;
    let cut = stripe.payment(ALICE, "").await;
    assert_eq!((cut.status, cut.body.is_string()), (200, true));
    assert_eq!(payments(&stripe).await, 2);
    stripe.fault(PATH, json!("html_502")).await;
    let proxy = stripe.payment(ALICE, "").await;
    assert_eq!(
        (proxy.status, proxy.header("content-type")),
        (502, Some("text/html"))
    );
    assert_eq!(payments(&stripe).await, 2);
}
