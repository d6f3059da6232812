//! R1: whatever Stripe or the network does, money goes back once, and the record ends right without a person.

use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_agrees, at_stripe, kinds, paid, refund};
use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    r1_a_refund_whose_answer_was_lost_happens_once,
    r1_a_refund_without_an_answer_is_finished_by_the_worker,
    r1_a_refund_without_an_answer_is_finished_by_the_same_call,
    r1_a_refund_that_the_webhook_tells_of_first_is_one,
    r1_a_500_is_looked_for_and_never_asked_for_again,
    r1_after_a_day_a_refund_is_looked_for,
    r1_a_refund_that_stripe_did_not_look_at_never_was,
    r1_a_refund_that_fails_while_nobody_waits_is_told,
    a_crash_before_stripe_was_asked_is_made_good,
    what_somebody_else_refunded_meanwhile_is_seen,
);

async fn fault(app: &TestApp, store: &ConnectedStore, kind: &str, times: u32) {
    let fault = json!({
        "path_prefix": "/v1/refunds", "method": "POST", "account": store.keys.account_id,
        "times": times, "kind": kind,
    });
    app.fault(fault).await;
}

/// More often than a call is tried.
const ALWAYS: u32 = 20;

async fn heal(app: &TestApp) {
    app.control(Method::DELETE, "/faults", json!({})).await;
}

async fn run_once(app: &TestApp) -> usize {
    gateway::work::refunds::run_once(&app.app).await.unwrap()
}

/// Our requests for refunds, retries included.
async fn asked(app: &TestApp) -> Vec<Value> {
    let mut requests = app.stripe_requests().await;
    requests.retain(|request| request["method"] == "POST" && request["path"] == "/v1/refunds");
    requests
}

async fn r1_a_refund_whose_answer_was_lost_happens_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in [
        "500",
        "429",
        "409",
        "lock_timeout",
        "html_502",
        "reset",
        "after_effect_500",
        "after_effect_reset",
        "truncated_200",
    ] {
        let order = paid(app, &store).await;
        fault(app, &store, kind, 1).await;
        let made = refund(app, &store, &order, json!({ "amount": 500 })).await;
        // A 500 that Stripe keeps is not asked for again; all else is not noticed.
        assert!(
            matches!(made.status.as_u16(), 201 | 502 | 504),
            "{kind}: {}",
            made.text
        );
        heal(app).await;
        app.wait_s(120);
        run_once(app).await;
        assert_agrees(app, &store, &order, 500).await;
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1, "{kind}");
    }
}

/// A refund of 500 of which nobody knows what became of it.
async fn lost(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, kind: &str) {
    fault(app, store, kind, ALWAYS).await;
    let body = json!({ "amount": 500, "action_key": "return 17" });
    let reply = refund(app, store, order, body).await;
    assert!(
        matches!(reply.status.as_u16(), 502 | 504),
        "{kind}: {}",
        reply.text
    );
    heal(app).await;
}

async fn r1_a_refund_without_an_answer_is_finished_by_the_worker(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["after_effect_reset", "reset", "html_502", "truncated_200"] {
        let order = paid(app, &store).await;
        lost(app, &store, &order, kind).await;
        // Its amount is taken, whatever became of it.
        let reply = refund(app, &store, &order, json!({ "amount": 751 })).await;
        reply.expect_error(422, "refund_too_large");
        let seen = app.order(&store, &order.id).await;
        assert_eq!(seen["refunds"][0]["status"], "pending", "{seen}");
        assert_eq!(seen["refunds"][0]["stripe_refund_id"], Value::Null);
        assert_eq!(run_once(app).await, 1, "{kind}");
        assert_agrees(app, &store, &order, 500).await;
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1, "{kind}");
        assert_eq!(run_once(app).await, 0, "{kind}");
        let keys = asked(app).await;
        let last = keys.last().unwrap();
        let seen = app.order(&store, &order.id).await;
        assert_eq!(last["idempotency_key"], seen["refunds"][0]["id"]);
        assert_eq!(seen["attention"], json!([]));
    }
}

async fn r1_a_refund_without_an_answer_is_finished_by_the_same_call(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["after_effect_reset", "reset"] {
        let order = paid(app, &store).await;
        lost(app, &store, &order, kind).await;
        let body = json!({ "amount": 500, "action_key": "return 17" });
        let done = refund(app, &store, &order, body).await.expect(200);
        assert_eq!(done["status"], "succeeded");
        assert_agrees(app, &store, &order, 500).await;
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1, "{kind}");
    }
    // Without a name of its own, the request's key is its name.
    let order = paid(app, &store).await;
    fault(app, &store, "after_effect_reset", ALWAYS).await;
    let path = format!("/orders/{}/refunds", order.id);
    let ask = async || {
        app.store_post(&store, &path, &json!({ "amount": 500 }))
            .bearer(&store.api_key)
            .header("Idempotency-Key", "FAKE-request-1")
            .send()
            .await
    };
    let reply = ask().await;
    assert!(matches!(reply.status.as_u16(), 502 | 504), "{}", reply.text);
    heal(app).await;
    ask().await.expect(200);
    assert_agrees(app, &store, &order, 500).await;
    assert_eq!(at_stripe(app, &store, &order).await.len(), 1);
}

async fn r1_a_refund_that_the_webhook_tells_of_first_is_one(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    lost(app, &store, &order, "after_effect_reset").await;
    app.deliver(&store, "refund.created", 2).await;
    app.run_work().await;
    assert_agrees(app, &store, &order, 500).await;
    assert_eq!(run_once(app).await, 0);
    assert_eq!(app.count("refunds").await, 1);
    let body = json!({ "amount": 500, "action_key": "return 17" });
    refund(app, &store, &order, body).await.expect(200);
    assert_eq!(at_stripe(app, &store, &order).await.len(), 1);
}

async fn r1_a_500_is_looked_for_and_never_asked_for_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    // With the effect, and without it.
    for (kind, refunded) in [("after_effect_500_kept", 500), ("500_kept", 0)] {
        let order = paid(app, &store).await;
        lost(app, &store, &order, kind).await;
        let asked_before = asked(app).await.len();
        assert_eq!(run_once(app).await, 0, "{kind}: looked for too early");
        app.wait_s(61);
        assert_eq!(run_once(app).await, 1, "{kind}");
        assert_eq!(asked(app).await.len(), asked_before, "{kind}");
        assert_agrees(app, &store, &order, refunded).await;
        let seen = app.order(&store, &order.id).await;
        let codes: Vec<&Value> = seen["attention"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["code"])
            .collect();
        if refunded > 0 {
            assert!(codes.is_empty(), "{seen}");
        } else {
            assert_eq!(codes, ["refund_failed"], "{seen}");
            // Another one makes up for it.
            refund(app, &store, &order, json!({ "amount": 500 }))
                .await
                .expect(201);
            let seen = app.order(&store, &order.id).await;
            assert_eq!(seen["attention"], json!([]));
            assert_agrees(app, &store, &order, 500).await;
        }
    }
}

async fn r1_after_a_day_a_refund_is_looked_for(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (kind, refunded) in [("after_effect_reset", 500), ("reset", 0)] {
        let order = paid(app, &store).await;
        lost(app, &store, &order, kind).await;
        let asked_before = asked(app).await.len();
        app.wait_s(23 * 3600 + 1);
        assert_eq!(run_once(app).await, 1, "{kind}");
        assert_eq!(asked(app).await.len(), asked_before, "{kind}");
        assert_agrees(app, &store, &order, refunded).await;
    }
}

async fn r1_a_refund_that_stripe_did_not_look_at_never_was(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    for (kind, status) in [("429", 503), ("401", 409), ("403", 409)] {
        fault(app, &store, kind, ALWAYS).await;
        let reply = refund(app, &store, &order, json!({ "amount": 500 })).await;
        assert_eq!(reply.status, status, "{kind}: {}", reply.text);
        heal(app).await;
        assert_eq!(app.count("refunds").await, 0, "{kind}");
        app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
            .await;
    }
    assert_eq!(run_once(app).await, 0);
    assert_agrees(app, &store, &order, 0).await;
    refund(app, &store, &order, json!({})).await.expect(201);
    assert_agrees(app, &store, &order, 1250).await;
}

async fn r1_a_refund_that_fails_while_nobody_waits_is_told(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    lost(app, &store, &order, "reset").await;
    // Somebody was faster in the dashboard, and there it is too much.
    let path = format!("/payment_intents/{}/refund", order.intent);
    app.control(Method::POST, &path, json!({ "amount": 1000 }))
        .await;
    assert_eq!(run_once(app).await, 1);
    app.deliver(&store, "charge.refunded", 1).await;
    app.run_work().await;
    assert_agrees(app, &store, &order, 1000).await;
    let seen = app.order(&store, &order.id).await;
    let ours = seen["refunds"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["amount"] == 500)
        .unwrap();
    assert_eq!(ours["status"], "failed");
    assert!(
        kinds(app, &order)
            .await
            .contains(&"refund.failed".to_owned())
    );
}

/// The row is there, and whoever wrote it is not.
async fn a_crash_before_stripe_was_asked_is_made_good(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let (store_id, order_id) = (store.id.parse().unwrap(), order.id.parse().unwrap());
    let mut tx = app.app.db.begin().await.unwrap();
    let row = db::orders::find(&mut tx, store_id, order_id).await;
    let row = row.unwrap().unwrap();
    let payment = db::payments::find_open_by_order(&mut tx, store_id, order_id).await;
    let payment = payment.unwrap().unwrap();
    let wanted = gateway::refunds::plan::Wanted {
        order: &row,
        payment: &payment,
        amount: gateway::refunds::plan::Amount::Rest,
        reason: None,
        actor: "tests",
        action_key: None,
    };
    let cause = gateway::timeline::Cause::Operator;
    let now = app.clock.now();
    gateway::refunds::plan::plan(&mut tx, store_id, wanted, cause, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(run_once(app).await, 0, "its writer may still be at it");
    let reply = refund(app, &store, &order, json!({ "amount": 1 })).await;
    reply.expect_error(422, "refund_too_large");
    app.wait_s(61);
    assert_eq!(run_once(app).await, 1);
    assert_agrees(app, &store, &order, 1250).await;
}

async fn what_somebody_else_refunded_meanwhile_is_seen(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let path = format!("/payment_intents/{}/refund", order.intent);
    app.control(Method::POST, &path, json!({ "amount": 1000 }))
        .await;
    let reply = refund(app, &store, &order, json!({})).await;
    let error = reply.expect_error(422, "refund_too_large");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("(250)"), "{message}");
    assert_agrees(app, &store, &order, 1000).await;
    refund(app, &store, &order, json!({})).await.expect(201);
    assert_agrees(app, &store, &order, 1250).await;
}
