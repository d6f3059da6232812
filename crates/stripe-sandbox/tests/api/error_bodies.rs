//! Every error body of `vectors/error_bodies.json`, produced by the sandbox and compared: status, headers, type, code,
//! decline code, and of what is no JSON the text. What cannot be produced is listed with the reason.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_LIVE, ALICE_PK, CARD_ONLY, Reply, Stripe, read, start};

const PATH: &str = "/v1/payment_intents";

/// What the sandbox does not answer by itself, and why. A fault `{"answer": …}` sends any of these bodies.
const NOT_PRODUCED: [(&str, &str); 2] = [
    (
        "card_declined__do_not_honor",
        "Stripe has no test card for it",
    ),
    (
        "charge_already_captured",
        "charges are captured by their PaymentIntents",
    ),
];

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../vectors/error_bodies.json")).unwrap();
    file["errors"].as_array().unwrap().clone()
}

async fn declined(stripe: &Stripe, method: &str) -> Reply {
    stripe
        .payment(ALICE, &format!("confirm=true&payment_method={method}"))
        .await
}

async fn faulty(stripe: &Stripe, kind: Value) -> Reply {
    stripe.fault(PATH, kind).await;
    let form = format!("amount=2000&{CARD_ONLY}");
    stripe.post_with_key(ALICE, PATH, &form, "order_1").await
}

async fn answer(stripe: &Stripe, status: u16, content_type: &str, body: &str) -> Reply {
    let kind =
        json!({ "answer": { "status": status, "content_type": content_type, "body": body } });
    faulty(stripe, kind).await
}

/// A payment that was confirmed, and then `action` on it.
async fn after_payment(stripe: &Stripe, cancel: bool, action: &str) -> Reply {
    let capture = if cancel { "&capture_method=manual" } else { "" };
    let paid = declined(stripe, &format!("pm_card_visa{capture}")).await;
    let path = format!("{PATH}/{}", paid.id());
    if cancel {
        stripe.post(ALICE, &format!("{path}/cancel"), "").await;
    }
    stripe.post(ALICE, &format!("{path}/{action}"), "").await
}

/// A payment of 20.00 by this card, refunded by these amounts; the last answer.
async fn refunded(stripe: &Stripe, method: &str, amounts: &[u32]) -> Reply {
    let paid = declined(stripe, method).await;
    let mut last = paid;
    let intent = last.id().to_owned();
    for amount in amounts {
        let form = format!("payment_intent={intent}&amount={amount}");
        last = stripe.post(ALICE, "/v1/refunds", &form).await;
    }
    last
}

/// The vector's error, from a sandbox of its own.
async fn produce(name: &str, raw_body: &str) -> Option<Reply> {
    let stripe = start().await;
    let create = async |form: &str| stripe.post(ALICE, PATH, form).await;
    Some(match name {
        "card_declined__generic_decline" => declined(&stripe, "pm_card_visa_chargeDeclined").await,
        "card_declined__insufficient_funds" => {
            declined(&stripe, "pm_card_visa_chargeDeclinedInsufficientFunds").await
        }
        "card_declined__lost_card" => {
            declined(&stripe, "pm_card_visa_chargeDeclinedLostCard").await
        }
        "card_declined__stolen_card" => {
            declined(&stripe, "pm_card_visa_chargeDeclinedStolenCard").await
        }
        "card_declined__fraudulent" => declined(&stripe, "pm_card_radarBlock").await,
        "card_declined__card_velocity_exceeded" => {
            declined(&stripe, "pm_card_visa_chargeDeclinedVelocityLimitExceeded").await
        }
        "expired_card" => declined(&stripe, "pm_card_chargeDeclinedExpiredCard").await,
        "incorrect_cvc" => declined(&stripe, "pm_card_chargeDeclinedIncorrectCvc").await,
        "processing_error" => declined(&stripe, "pm_card_chargeDeclinedProcessingError").await,
        "incorrect_number" => {
            let form = "type=card&card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=34&card[cvc]=123";
            stripe.post(ALICE_PK, "/v1/payment_methods", form).await
        }
        "authentication_required_off_session" => {
            declined(&stripe, "pm_card_authenticationRequired&off_session=true").await
        }
        "payment_intent_authentication_failure" => failed_challenge(&stripe).await,
        "resource_missing__payment_intent" => stripe.get(ALICE, &format!("{PATH}/pi_1")).await,
        "resource_missing__other_mode" => {
            let made = stripe.payment(ALICE, "").await;
            stripe
                .get(ALICE_LIVE, &format!("{PATH}/{}", made.id()))
                .await
        }
        "idempotency_error__other_params" => {
            let form = |amount| format!("amount={amount}&{CARD_ONLY}");
            stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
            stripe.post_with_key(ALICE, PATH, &form(3000), "key").await
        }
        "idempotency_key_in_use" => faulty(&stripe, json!("409")).await,
        "rate_limit" => faulty(&stripe, json!("429")).await,
        "lock_timeout" => faulty(&stripe, json!("lock_timeout")).await,
        "api_error_500" => faulty(&stripe, json!("500_kept")).await,
        "bad_gateway_html_502" => faulty(&stripe, json!("html_502")).await,
        "service_unavailable_503_empty" => faulty(&stripe, json!("503")).await,
        "gateway_timeout_504" => faulty(&stripe, json!("504")).await,
        "truncated_json_200" | "json_without_error_400" | "error_is_string_400" => {
            let status = if name.ends_with("200") { 200 } else { 400 };
            answer(&stripe, status, "application/json", raw_body).await
        }
        "not_json_200" => answer(&stripe, 200, "text/html", raw_body).await,
        "invalid_api_key_401" => stripe.get("sk_test_FAKEEXAMPLE1234", "/v1/balance").await,
        "expired_api_key_401" => {
            stripe
                .control("POST", "/keys/expire", json!({ "key": ALICE }))
                .await;
            stripe.get(ALICE, "/v1/balance").await
        }
        "no_api_key_401" => {
            let client = reqwest::Client::builder().build().unwrap();
            read(client.get(format!("{}/v1/balance", stripe.url()))).await
        }
        "publishable_key_used_401" => stripe.get(ALICE_PK, "/v1/balance").await,
        "restricted_key_403" => {
            let key = "rk_test_FAKE_limited";
            let body = json!({ "account_id": "acct_1alice", "key": key, "permissions": {} });
            stripe.control("POST", "/keys", body).await;
            stripe.post(key, PATH, "").await
        }
        "amount_too_small" => create("amount=1&currency=eur").await,
        "amount_too_large" => create("amount=99999999999&currency=eur").await,
        "invalid_currency" => create("amount=2000&currency=xxx").await,
        "parameter_missing" => create("currency=eur").await,
        "parameter_unknown" => create("amount=2000&currency=eur&amonut=1").await,
        "payment_intent_unexpected_state__capture_succeeded" => {
            after_payment(&stripe, false, "capture").await
        }
        "payment_intent_unexpected_state__capture_canceled" => {
            after_payment(&stripe, true, "capture").await
        }
        "payment_intent_unexpected_state__cancel_succeeded" => {
            after_payment(&stripe, false, "cancel").await
        }
        "charge_already_refunded" => refunded(&stripe, "pm_card_visa", &[2000, 2000]).await,
        "refund_over_remaining" => refunded(&stripe, "pm_card_visa", &[1300, 1000]).await,
        "charge_disputed" => refunded(&stripe, "pm_card_createDispute", &[2000]).await,
        "account_closed_or_restricted" => {
            let body = json!({ "standing": "restricted" });
            stripe
                .control("POST", "/accounts/acct_1alice/standing", body)
                .await;
            stripe.payment(ALICE_LIVE, "").await
        }
        _ => return None,
    })
}

/// Stripe tells this error in the PaymentIntent; no answer of the API is it.
async fn failed_challenge(stripe: &Stripe) -> Reply {
    let mut challenged = declined(stripe, "pm_card_authenticationRequired").await;
    let path = format!("/payment_intents/{}/authenticate", challenged.id());
    let failed = stripe
        .control("POST", &path, json!({ "outcome": "fail" }))
        .await;
    challenged.status = 402;
    challenged.body = json!({ "error": failed.body["last_payment_error"] });
    challenged
}

/// What differs.
fn compare(name: &str, vector: &Value, reply: &Reply) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, ours: &Value, theirs: &Value| {
        if ours != theirs {
            differences.push(format!("{name}: {what} is {ours}, not {theirs}"));
        }
    };
    let in_the_object = name == "payment_intent_authentication_failure";
    differs("status", &json!(reply.status), &vector["http_status"]);
    for (header, value) in vector["headers"].as_object().unwrap() {
        let found = reply.header(header);
        let plain = |text: &str| text.split(';').next().map(str::to_owned);
        match header.as_str() {
            "request-id" => assert!(found.unwrap().starts_with("req_"), "{name}"),
            "content-type" => differs(
                header,
                &json!(found.and_then(plain)),
                &json!(value.as_str().and_then(plain)),
            ),
            "stripe-should-retry" if in_the_object => {}
            _ => differs(header, &json!(found), value),
        }
    }
    let (ours, theirs) = (&reply.body["error"], &vector["body"]["error"]);
    if theirs.is_null() {
        let text = vector["raw_body"].as_str().unwrap();
        let expected = serde_json::from_str(text).unwrap_or(json!(text));
        differs("body", &reply.body, &expected);
        return differences;
    }
    for field in [
        "type",
        "code",
        "decline_code",
        "param",
        "advice_code",
        "doc_url",
    ] {
        differs(field, &ours[field], &theirs[field]);
    }
    for field in ["request_log_url", "message"] {
        assert!(in_the_object || ours[field].is_string(), "{name}: {field}");
    }
    differences
}

#[actix_web::test]
async fn every_error_body_is_stripes_or_listed_as_missing() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 45);
    let mut differences = Vec::new();
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let listed = NOT_PRODUCED.iter().any(|(missing, _)| *missing == name);
        let raw_body = vector["raw_body"].as_str().unwrap_or_default();
        match produce(name, raw_body).await {
            Some(reply) => {
                assert!(!listed, "{name} is produced");
                differences.extend(compare(name, vector, &reply));
            }
            None => assert!(listed, "{name} is neither produced nor listed"),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
