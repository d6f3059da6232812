//! Deliveries that go wrong on request, and alike for the same seed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{ALICE, NOW, Receiver, Stripe, start};
use crate::webhooks::{flush, hold, pay, register, settle, types};

const ONE: &[&str] = &["payment_intent.succeeded"];

async fn fault(stripe: &Stripe, rule: Value) {
    let set = stripe.control("POST", "/webhook_faults", rule).await;
    assert_eq!(set.status, 201, "{}", set.body);
}

async fn once(stripe: &Stripe, kind: Value) {
    fault(stripe, json!({ "kind": kind })).await;
}

async fn first_row(stripe: &Stripe) -> Value {
    let log = stripe.control("GET", "/deliveries", json!(null)).await;
    log.body["deliveries"][0].clone()
}

/// The ids of the payments in the order in which they were told.
fn told(receiver: &Receiver) -> Vec<String> {
    let id = |event: Value| event["data"]["object"]["id"].as_str().unwrap().to_owned();
    let all = receiver.received();
    all.iter().map(|one| id(one.event())).collect()
}

#[actix_web::test]
async fn a_delivery_is_duplicated_in_turn_or_at_once() {
    for concurrent in [false, true] {
        let (stripe, receiver) = (start().await, Receiver::start());
        register(&stripe, ALICE, &receiver, ONE).await;
        let kind = json!({ "duplicate": { "copies": 4, "concurrent": concurrent } });
        once(&stripe, kind.clone()).await;
        receiver.answer_after(20);
        pay(&stripe, ALICE).await;
        settle(&stripe).await;
        assert_eq!(receiver.received().len(), 4);
        assert_eq!(receiver.most_at_once() > 1, concurrent);
        let row = first_row(&stripe).await;
        assert_eq!(row["attempt_count"], 4);
        assert_eq!(
            row["fault"],
            json!({ "id": "webhook_fault_1", "n": 1, "kind": kind })
        );
        pay(&stripe, ALICE).await;
        settle(&stripe).await;
        assert_eq!(receiver.received().len(), 5, "only the first");
    }
}

#[actix_web::test]
async fn copies_are_sent_once_even_if_they_are_refused() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    once(&stripe, json!({ "duplicate": {} })).await;
    receiver.answer_with(&[200, 500]);
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(first_row(&stripe).await["state"], "delivered");
}

#[actix_web::test]
async fn deliveries_are_reordered_alike_for_the_same_seed() {
    let mut orders = Vec::new();
    for seed in [5, 5, 6, 7, 8] {
        let (stripe, receiver) = (start().await, Receiver::start());
        register(&stripe, ALICE, &receiver, ONE).await;
        stripe
            .control("POST", "/seed", json!({ "seed": seed }))
            .await;
        let window = json!({ "reorder": { "window": 4, "max_wait_ms": 60_000 } });
        fault(&stripe, json!({ "probability": 1, "kind": window })).await;
        let mut paid = Vec::new();
        for _ in 0..4 {
            paid.push(pay(&stripe, ALICE).await);
        }
        settle(&stripe).await;
        let told = told(&receiver);
        assert_eq!(receiver.most_at_once(), 1);
        let order: Vec<_> = told
            .iter()
            .map(|id| paid.iter().position(|one| one == id).unwrap())
            .collect();
        assert_ne!(order, [0, 1, 2, 3]);
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    assert!(orders[2..].iter().any(|order| *order != orders[0]));
}

#[actix_web::test]
async fn a_window_that_does_not_fill_up_is_let_go() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, &["*"]).await;
    let window = json!({ "reorder": { "window": 50, "max_wait_ms": 50 } });
    fault(&stripe, json!({ "probability": 1, "kind": window })).await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 4);
    assert_ne!(
        types(&receiver.received()),
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated"
        ]
    );
}

#[actix_web::test]
async fn a_delivery_comes_late_or_never() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    once(&stripe, json!({ "delay_ms": 200 })).await;
    let started = Instant::now();
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(receiver.received().len(), 1);

    once(&stripe, json!("drop")).await;
    let lost = pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 1);
    let events = stripe
        .get(ALICE, "/v1/events?type=payment_intent.succeeded")
        .await;
    let event = &events.body["data"][0];
    assert_eq!(event["data"]["object"]["id"], lost.as_str());
    assert_eq!(event["pending_webhooks"], 1);
    let failed = stripe
        .control("GET", "/deliveries?state=failed", json!(null))
        .await;
    assert_eq!(failed.body["deliveries"][0]["attempts"], json!([]));
    flush(&stripe, json!({ "event_id": event["id"] })).await;
    assert_eq!(
        told(&receiver).last(),
        Some(&lost),
        "it can be sent by hand"
    );
}

#[actix_web::test]
async fn the_first_attempt_can_be_signed_by_somebody_else() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    once(&stripe, json!("wrong_signature")).await;
    receiver.answer_with(&[400]);
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    let received = receiver.received();
    assert!(received[0].signature.starts_with(&format!("t={NOW},v1=")));
    assert_ne!(received[0].signature, received[1].signature);
}

#[actix_web::test]
async fn the_first_attempt_can_trickle_or_break_off() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    once(&stripe, json!({ "slow_ms": 200 })).await;
    let started = Instant::now();
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(first_row(&stripe).await["state"], "delivered");
    assert_eq!(receiver.received()[0].event()["type"], ONE[0]);

    once(&stripe, json!("disconnect")).await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 2, "the retry arrived");
    let log = stripe
        .control("GET", "/deliveries?limit=1", json!(null))
        .await;
    let attempts = &log.body["deliveries"][0]["attempts"];
    assert_eq!(
        (&attempts[0]["status"], &attempts[1]["status"]),
        (&json!(null), &json!(200))
    );
}

#[actix_web::test]
async fn what_is_sent_by_hand_can_be_spoiled_too() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    hold(&stripe).await;
    pay(&stripe, ALICE).await;
    once(&stripe, json!("drop")).await;
    once(&stripe, json!("disconnect")).await;
    let sent = flush(&stripe, json!(null)).await;
    assert_eq!(
        sent[0]["error"],
        "the connection was cut in the middle of the body"
    );
    assert!(receiver.received().is_empty());
}

#[actix_web::test]
async fn a_rule_is_for_its_account_endpoint_and_type() {
    let stripe = start().await;
    let [one, two] = [(); 2].map(|()| Receiver::start());
    register(&stripe, ALICE, &one, &["*"]).await;
    let (id, _) = register(&stripe, ALICE, &two, &["*"]).await;
    let rule = json!({ "id": "lossy", "account": "acct_1alice", "endpoint_id": id, "event_type": ONE[0], "times": 5, "kind": "drop" });
    fault(&stripe, rule.clone()).await;
    fault(&stripe, json!({ "account": "acct_1bob", "kind": "drop" })).await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!((one.received().len(), two.received().len()), (4, 3));
    let list = stripe.control("GET", "/webhook_faults", json!(null)).await;
    let lossy = &list.body["webhook_faults"][0];
    assert_eq!(
        (&lossy["times"], &lossy["met"], &lossy["matched"]),
        (&json!(4), &json!(1), &json!(1))
    );
    for status in [204, 404] {
        let gone = stripe
            .control("DELETE", "/webhook_faults/lossy", json!(null))
            .await;
        assert_eq!(gone.status, status);
    }
    stripe
        .control("DELETE", "/webhook_faults", json!(null))
        .await;
    for (kind, status) in [
        (json!({ "duplicate": { "copies": 1 } }), 422),
        (json!({ "reorder": { "window": 1 } }), 422),
        (json!({ "delay_ms": 10_000_000 }), 422),
        (json!("explode"), 400),
    ] {
        let refused = stripe
            .control("POST", "/webhook_faults", json!({ "kind": kind }))
            .await;
        assert_eq!(refused.status, status, "{kind}");
    }
}
