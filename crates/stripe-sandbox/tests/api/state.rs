//! A state file: what a sandbox knew, the next one knows.

use serde_json::json;
use stripe_sandbox::{Config, Error, Sandbox};

use crate::harness::{ALICE, BOB, Receiver, account, start_with};

#[actix_web::test]
async fn a_sandbox_goes_on_where_the_one_before_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let receiver = Receiver::start();
    let before = start_with(|config| config.state = Some(file.clone())).await;
    let hook = format!("url={}&enabled_events[]=*", receiver.url);
    before.post(ALICE, "/v1/webhook_endpoints", &hook).await;
    let hold = json!({ "mode": "hold" });
    before.control("POST", "/deliveries/mode", hold).await;
    let form = "amount=500&currency=eur&allowed_payment_method_types[]=card&confirm=true&payment_method=pm_card_visa_chargeDeclinedInsufficientFunds&metadata[a]=1";
    let declined = before
        .post_with_key(ALICE, "/v1/payment_intents", form, "key-1")
        .await;
    assert_eq!(declined.status, 402, "{}", declined.body);
    let customer = before.post(BOB, "/v1/customers", "name=Bob").await;
    before.stop().await;

    let after = start_with(|config| config.state = Some(file.clone())).await;
    let replayed = after
        .post_with_key(ALICE, "/v1/payment_intents", form, "key-1")
        .await;
    assert_eq!(replayed.body, declined.body);
    assert_eq!(replayed.header("Idempotent-Replayed"), Some("true"));
    let path = format!("/v1/customers/{}", customer.id());
    assert_eq!(after.get(BOB, &path).await.body, customer.body);
    assert_eq!(after.get(ALICE, &path).await.status, 404);
    let events = after.event_types(ALICE).await;
    assert_eq!(
        events,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed"
        ]
    );
    let sent = after.control("POST", "/deliveries/flush", json!({})).await;
    assert_eq!(sent.body["deliveries"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn a_delivery_that_was_not_finished_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let receiver = Receiver::start();
    let before = start_with(|config| {
        config.state = Some(file.clone());
        config.webhook_speed = 1.0;
    })
    .await;
    receiver.answer_with(&[503]);
    let hook = format!("url={}&enabled_events[]=customer.created", receiver.url);
    before.post(ALICE, "/v1/webhook_endpoints", &hook).await;
    before.post(ALICE, "/v1/customers", "").await;
    receiver.wait_for(1).await;
    before.stop().await;

    let after = start_with(|config| config.state = Some(file.clone())).await;
    receiver.wait_for(2).await;
    after
        .control("POST", "/deliveries/settle", json!(null))
        .await;
    let log = after.control("GET", "/deliveries", json!(null)).await;
    assert_eq!(log.body["deliveries"][0]["state"], "delivered");
}

#[actix_web::test]
async fn a_file_is_one_sandboxs_own_and_a_foreign_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let first = start_with(|config| config.state = Some(file.clone())).await;
    let problem = refusal(&file).await;
    assert!(problem.ends_with("another sandbox uses it"), "{problem}");
    first.stop().await;
    std::fs::write(&file, "{\"version\": 1}").unwrap();
    let problem = refusal(&file).await;
    assert!(problem.contains("is not a sandbox's state"), "{problem}");
    std::fs::write(&file, "{\"version\": 99, \"keys\": {}, \"ledgers\": []}").unwrap();
    let problem = refusal(&file).await;
    assert!(problem.contains("has form 99"), "{problem}");
}

async fn refusal(file: &std::path::Path) -> String {
    let config = Config {
        accounts: vec![account("alice", "test")],
        state: Some(file.to_owned()),
        ..Config::default()
    };
    match Sandbox::start(config).await {
        Err(error @ (Error::State { .. } | Error::StateInUse { .. })) => error.to_string(),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it started"),
    }
}
