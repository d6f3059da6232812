//! Deliveries: signed, filtered, tried again, held and let go.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{ALICE, ALICE_LIVE, BOB, NOW, Received, Receiver, Stripe, start};

pub(crate) async fn register(
    stripe: &Stripe,
    key: &str,
    receiver: &Receiver,
    events: &[&str],
) -> (String, String) {
    let mut form = format!("url={}", receiver.url);
    for event in events {
        form = format!("{form}&enabled_events[]={event}");
    }
    let made = stripe.post(key, "/v1/webhook_endpoints", &form).await;
    (
        made.id().to_owned(),
        made.body["secret"].as_str().unwrap().to_owned(),
    )
}

pub(crate) async fn pay(stripe: &Stripe, key: &str) -> String {
    let paid = stripe
        .payment(key, "confirm=true&payment_method=pm_card_visa")
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    paid.id().to_owned()
}

pub(crate) async fn settle(stripe: &Stripe) {
    assert_eq!(
        stripe
            .control("POST", "/deliveries/settle", json!(null))
            .await
            .status,
        200
    );
}

pub(crate) async fn hold(stripe: &Stripe) {
    assert_eq!(
        stripe
            .control("POST", "/deliveries/mode", json!({ "mode": "hold" }))
            .await
            .status,
        200
    );
}

pub(crate) async fn flush(stripe: &Stripe, body: Value) -> Vec<Value> {
    let reply = stripe.control("POST", "/deliveries/flush", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["deliveries"].as_array().unwrap().clone()
}

pub(crate) fn types(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|one| one.event()["type"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_delivery_is_signed_with_the_endpoints_whole_secret() {
    let (stripe, receiver) = (start().await, Receiver::start());
    let (_, secret) = register(&stripe, ALICE, &receiver, &["payment_intent.succeeded"]).await;
    let payment = pay(&stripe, ALICE).await;
    settle(&stripe).await;
    let received = receiver.received();
    assert_eq!(types(&received), ["payment_intent.succeeded"]);
    assert_eq!(
        received[0].event()["data"]["object"]["id"],
        payment.as_str()
    );
    assert_eq!(received[0].event()["pending_webhooks"], 1);
    assert!(
        received[0].body.starts_with("{\n  \"id\": \"evt_"),
        "two-space indented, as Stripe sends it"
    );
    let (time, v1) = received[0].signature.split_once(",v1=").unwrap();
    assert_eq!(time, format!("t={NOW}"));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{NOW}.{}", received[0].body).as_bytes());
    let expected: Vec<u8> = mac.finalize().into_bytes().to_vec();
    let sent: Vec<u8> = (0..v1.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&v1[at..at + 2], 16).unwrap())
        .collect();
    assert_eq!(sent, expected);
    let id = received[0].event()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        stripe.get(ALICE, &format!("/v1/events/{id}")).await.body["pending_webhooks"],
        0
    );
}

#[actix_web::test]
async fn an_endpoint_gets_only_its_own_accounts_events_of_its_own_types() {
    let stripe = start().await;
    let [alice, alice_live, bob, off] = [(); 4].map(|()| Receiver::start());
    register(&stripe, ALICE, &alice, &["charge.succeeded"]).await;
    register(&stripe, ALICE_LIVE, &alice_live, &["*"]).await;
    register(&stripe, BOB, &bob, &["*"]).await;
    let (id, _) = register(&stripe, ALICE, &off, &["*"]).await;
    stripe
        .post(
            ALICE,
            &format!("/v1/webhook_endpoints/{id}"),
            "disabled=true",
        )
        .await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert_eq!(types(&alice.received()), ["charge.succeeded"]);
    for silent in [&alice_live, &bob, &off] {
        assert!(silent.received().is_empty());
    }
    pay(&stripe, ALICE_LIVE).await;
    settle(&stripe).await;
    assert_eq!(alice_live.received().len(), 4);
    assert!(
        alice_live
            .received()
            .iter()
            .all(|one| one.event()["livemode"] == true)
    );
    assert_eq!(alice.received().len(), 1);
}

#[actix_web::test]
async fn a_refused_delivery_is_tried_again_and_given_up_in_the_end() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, &["payment_intent.succeeded"]).await;
    receiver.answer_with(&[500, 302]);
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    let log = stripe
        .control("GET", "/deliveries?account=acct_1alice", json!(null))
        .await;
    let statuses = |delivery: &Value| -> Vec<Value> {
        delivery["attempts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attempt| attempt["status"].clone())
            .collect()
    };
    let first = &log.body["deliveries"][0];
    assert_eq!(
        (statuses(first), &first["state"]),
        (
            vec![json!(500), json!(302), json!(200)],
            &json!("delivered")
        )
    );
    receiver.answer_with(&[400, 404, 503, 500]);
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    let log = stripe.control("GET", "/deliveries", json!(null)).await;
    let second = &log.body["deliveries"][1];
    assert_eq!(
        (statuses(second), &second["state"]),
        (
            vec![json!(400), json!(404), json!(503), json!(500)],
            &json!("failed")
        )
    );
}

#[actix_web::test]
async fn held_deliveries_go_out_when_and_as_a_test_says() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, &["*"]).await;
    hold(&stripe).await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    assert!(receiver.received().is_empty());
    let only = flush(&stripe, json!({ "event_type": "payment_intent.succeeded" })).await;
    assert_eq!(
        (only.len(), &only[0]["status"], &only[0]["account"]),
        (1, &json!(200), &json!("acct_1alice"))
    );
    let rest = flush(&stripe, json!({ "reverse": true })).await;
    assert_eq!(rest.len(), 3);
    assert_eq!(
        types(&receiver.received()),
        [
            "payment_intent.succeeded",
            "charge.updated",
            "charge.succeeded",
            "payment_intent.created"
        ]
    );
    assert!(
        flush(&stripe, json!(null)).await.is_empty(),
        "nothing is held any more"
    );
}

#[actix_web::test]
async fn an_event_can_be_delivered_again_and_many_times_at_once() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, &["payment_intent.succeeded"]).await;
    hold(&stripe).await;
    pay(&stripe, ALICE).await;
    flush(&stripe, json!({ "times": 2 })).await;
    let event = receiver.received()[0].event()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let at_once = flush(
        &stripe,
        json!({ "event_id": event, "times": 5, "concurrent": true }),
    )
    .await;
    assert_eq!(at_once.len(), 5);
    let received = receiver.received();
    assert_eq!(received.len(), 7);
    assert!(
        received
            .iter()
            .all(|one| one.event()["id"] == event.as_str())
    );
}

#[actix_web::test]
async fn a_flush_reports_what_the_endpoint_said() {
    let (stripe, receiver) = (start().await, Receiver::start());
    let (id, _) = register(&stripe, ALICE, &receiver, &["payment_intent.succeeded"]).await;
    hold(&stripe).await;
    pay(&stripe, ALICE).await;
    receiver.answer_with(&[503]);
    assert_eq!(
        flush(&stripe, json!({ "endpoint_id": id })).await[0]["status"],
        503
    );
    let gone = "url=http://127.0.0.1:1/";
    stripe
        .post(ALICE, &format!("/v1/webhook_endpoints/{id}"), gone)
        .await;
    let nobody = flush(&stripe, json!({ "event_type": "payment_intent.succeeded" })).await;
    assert_eq!(nobody[0]["status"], json!(null));
    assert!(nobody[0]["error"].is_string());
}

#[actix_web::test]
async fn switching_back_to_auto_lets_held_deliveries_go() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, &["*"]).await;
    hold(&stripe).await;
    pay(&stripe, ALICE).await;
    let released = stripe
        .control("POST", "/deliveries/mode", json!({ "mode": "auto" }))
        .await;
    assert_eq!(released.body["released"], 4);
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 4);
}
