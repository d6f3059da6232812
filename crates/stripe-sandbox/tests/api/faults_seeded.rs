//! Failures that can be played again: probabilities, latencies, counts, and what the log says of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{ALICE, BOB, CARD_ONLY, Stripe, start};

const PATH: &str = "/v1/payment_intents";

/// Which of 40 reads fail.
async fn failures(stripe: &Stripe) -> Vec<bool> {
    let mut failures = Vec::new();
    for _ in 0..40 {
        failures.push(stripe.get(ALICE, "/v1/balance").await.status == 500);
    }
    failures
}

async fn rules(stripe: &Stripe) -> Vec<Value> {
    let list = stripe.control("GET", "/faults", json!(null)).await;
    list.body["faults"].as_array().unwrap().clone()
}

async fn seed(stripe: &Stripe, seed: u64) {
    let set = stripe
        .control("POST", "/seed", json!({ "seed": seed }))
        .await;
    assert_eq!(set.body, json!({ "seed": seed }));
}

fn flaky() -> Value {
    json!({ "id": "flaky", "path_prefix": "/v1/balance", "probability": 0.3, "kind": "500" })
}

#[actix_web::test]
async fn the_same_seed_fails_alike_whatever_else_goes_on() {
    let (one, two) = (start().await, start().await);
    for stripe in [&one, &two] {
        seed(stripe, 42).await;
        stripe.control("POST", "/faults", flaky()).await;
    }
    let other = json!({ "path_prefix": "/v1/account", "probability": 0.5, "kind": "429" });
    two.control("POST", "/faults", other).await;
    two.get(ALICE, "/v1/account").await;
    let failed = failures(&one).await;
    assert_eq!(failures(&two).await, failed);
    let met = failed.iter().filter(|failed| **failed).count();
    assert!((5..20).contains(&met), "{met}");
    let rule = &rules(&one).await[0];
    assert_eq!((&rule["matched"], &rule["met"]), (&json!(40), &json!(met)));
    assert_eq!(rule["times"], json!(null));

    seed(&one, 43).await;
    assert_ne!(failures(&one).await, failed);
    seed(&one, 42).await;
    assert_eq!(failures(&one).await, failed);
    assert_eq!(
        one.control("GET", "/seed", json!(null)).await.body["seed"],
        42
    );
}

#[actix_web::test]
async fn the_request_log_names_the_rule_and_which_match_it_was() {
    let stripe = start().await;
    stripe.control("POST", "/faults", flaky()).await;
    let failed = failures(&stripe).await;
    let log = stripe.control("GET", "/requests", json!(null)).await;
    for (index, request) in log.body["requests"].as_array().unwrap().iter().enumerate() {
        let met = json!([{ "id": "flaky", "n": index + 1, "kind": "500" }]);
        let expected = if failed[index] { met } else { json!([]) };
        assert_eq!(request["faults"], expected);
    }
}

#[actix_web::test]
async fn a_rule_is_taken_away_by_its_name() {
    let stripe = start().await;
    for kind in ["500", "429"] {
        let rule = json!({ "path_prefix": "/v1/balance", "times": 5, "kind": kind });
        stripe.control("POST", "/faults", rule).await;
    }
    assert_eq!(rules(&stripe).await[1]["id"], "fault_2");
    let gone = stripe
        .control("DELETE", "/faults/fault_1", json!(null))
        .await;
    assert_eq!(gone.status, 204);
    let again = stripe
        .control("DELETE", "/faults/fault_1", json!(null))
        .await;
    assert_eq!(again.status, 404);
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 429);
    assert_eq!(rules(&stripe).await.len(), 1);
    assert_eq!(rules(&stripe).await[0]["times"], 4);
}

#[actix_web::test]
async fn rules_that_make_no_sense_are_refused() {
    let stripe = start().await;
    for (rule, status) in [
        (json!({ "kind": "500", "probability": 1.5 }), 422),
        (json!({ "kind": "500", "id": "a b" }), 422),
        (
            json!({ "kind": { "latency": { "p50_ms": 0, "p99_ms": 1 } } }),
            422,
        ),
        (
            json!({ "kind": { "latency": { "p50_ms": 9, "p99_ms": 1 } } }),
            422,
        ),
        (
            json!({ "kind": { "answer": { "status": 99, "body": "" } } }),
            422,
        ),
        (json!({ "kind": "507" }), 400),
        (json!({ "kind": "500", "tmies": 1 }), 400),
    ] {
        let refused = stripe.control("POST", "/faults", rule.clone()).await;
        assert_eq!(refused.status, status, "{rule}");
    }
    stripe.control("POST", "/faults", flaky()).await;
    let twice = stripe.control("POST", "/faults", flaky()).await;
    assert_eq!(twice.status, 422);
}

#[actix_web::test]
async fn latencies_are_drawn_and_add_to_other_faults() {
    let stripe = start().await;
    let slow = json!({ "path_prefix": "/v1/balance", "probability": 1, "kind": { "latency": { "p50_ms": 20, "p99_ms": 60 } } });
    stripe.control("POST", "/faults", slow).await;
    let started = Instant::now();
    for _ in 0..10 {
        assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 200);
    }
    stripe.fault("/v1/balance", json!("500")).await;
    assert_eq!(stripe.get(ALICE, "/v1/balance").await.status, 500);
    let log = stripe.control("GET", "/requests", json!(null)).await;
    let requests = log.body["requests"].as_array().unwrap();
    let waits: Vec<u64> = requests
        .iter()
        .map(|request| request["faults"][0]["waited_ms"].as_u64().unwrap())
        .collect();
    let total = Duration::from_millis(waits.iter().sum());
    assert!(started.elapsed() >= total, "{waits:?}");
    assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    assert_eq!(requests[10]["faults"][1]["kind"], "500");
}

#[actix_web::test]
async fn a_timeout_before_the_effect_leaves_nothing_behind() {
    let stripe = start().await;
    stripe.fault(PATH, json!("before_effect_timeout")).await;
    let form = format!("amount=2000&{CARD_ONLY}");
    let request = stripe
        .form(ALICE, PATH, &form)
        .header("Idempotency-Key", "key")
        .timeout(Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    let list = stripe.get(ALICE, PATH).await;
    assert_eq!(list.body["data"], json!([]));
    let retried = stripe.post_with_key(ALICE, PATH, &form, "key").await;
    assert_eq!(
        (retried.status, retried.header("Idempotent-Replayed")),
        (200, None)
    );
}

#[actix_web::test]
async fn stripes_own_500_is_repeated_for_its_key_and_a_passing_one_is_not() {
    let stripe = start().await;
    let form = format!("amount=2000&{CARD_ONLY}");
    for (kind, payments) in [("500_kept", 0), ("after_effect_500_kept", 1)] {
        stripe.fault(PATH, json!(kind)).await;
        let first = stripe.post_with_key(ALICE, PATH, &form, kind).await;
        assert_eq!(
            (first.status, first.header("Stripe-Should-Retry")),
            (500, Some("false"))
        );
        let again = stripe.post_with_key(ALICE, PATH, &form, kind).await;
        assert_eq!(
            (again.status, again.header("Idempotent-Replayed")),
            (500, Some("true")),
            "{kind}"
        );
        assert_eq!(again.body, first.body);
        let list = stripe.get(ALICE, PATH).await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), payments);
    }
    stripe.fault(PATH, json!("500")).await;
    let first = stripe.post_with_key(ALICE, PATH, &form, "passing").await;
    let again = stripe.post_with_key(ALICE, PATH, &form, "passing").await;
    assert_eq!((first.status, again.status), (500, 200));
}

#[actix_web::test]
async fn what_stands_between_can_answer_anything() {
    let stripe = start().await;
    let page = json!({ "answer": { "status": 200, "content_type": "text/html", "body": "<!doctype html>" } });
    for (kind, status, body) in [
        (json!("503"), 503, ""),
        (json!("504"), 504, "upstream request timeout"),
        (page, 200, "<!doctype html>"),
    ] {
        stripe.fault(PATH, kind).await;
        let answer = stripe.payment(BOB, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (status, Some(body)));
    }
    assert_eq!(stripe.get(BOB, PATH).await.body["data"], json!([]));
}

#[actix_web::test]
async fn a_rule_lets_the_first_matches_pass_if_it_says_so() {
    let stripe = start().await;
    let third = json!({ "path_prefix": "/v1/balance", "kind": "500", "skip": 2 });
    stripe.control("POST", "/faults", third).await;
    let failed = failures(&stripe).await;
    let numbers: Vec<usize> = (0..40).filter(|number| failed[*number]).collect();
    assert_eq!(numbers, [2]);
}
