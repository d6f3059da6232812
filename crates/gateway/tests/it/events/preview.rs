//! Previews: what a replay would change, told without changing anything.

use serde_json::{Value, json};

use super::{paid, park, post, rows, tamper};
use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    a_preview_tells_what_a_replay_would_change,
    a_preview_tells_that_there_is_nothing_to_do,
    a_preview_tells_of_a_refused_card,
    a_preview_tells_of_an_incident,
    a_preview_tells_what_is_ignored,
    a_preview_of_many_asks_once_for_each_payment,
    a_preview_that_cannot_ask_says_so,
);

/// What replaying an event would do; nothing has changed afterwards.
async fn preview(app: &TestApp, store: &ConnectedStore, event: &str) -> Value {
    let before = rows(app).await;
    let path = format!("/{event}/replay");
    let reply = post(app, store, &path, &json!({ "preview": true })).await;
    assert_eq!(rows(app).await, before, "a preview changed something");
    reply.expect(200)
}

async fn a_preview_tells_what_a_replay_would_change(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    park(app, &event).await;
    let told = preview(app, &store, &event).await;
    assert_eq!(
        (&told["outcome"], &told["incident"]),
        (&json!("changes"), &Value::Null)
    );
    assert_eq!(told["event"]["state"], "parked");
    let change = |field, from: Value, to: Value| json!({ "order_id": order.id, "number": 1001, "field": field, "from": from, "to": to });
    assert_eq!(
        told["changes"],
        json!([
            change("status", json!("pending"), json!("confirmed")),
            change("payment_status", json!("unpaid"), json!("paid")),
            change("payment.status", json!("open"), json!("succeeded")),
            change("payment.captured", json!(0), json!(1250)),
        ])
    );
    // It was right.
    post(
        app,
        &store,
        &format!("/{event}/replay"),
        &json!({ "preview": false }),
    )
    .await
    .expect(200);
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("confirmed"), &json!("paid"))
    );
}

async fn a_preview_tells_that_there_is_nothing_to_do(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (_, event) = paid(app, &store).await;
    app.run_work().await;
    let told = preview(app, &store, &event).await;
    assert_eq!(
        (&told["outcome"], &told["changes"], &told["incident"]),
        (&json!("nothing"), &json!([]), &Value::Null)
    );
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .contains("nothing would change")
    );
}

async fn a_preview_tells_of_a_refused_card(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(
        &order.intent,
        "pm_card_visa_chargeDeclinedInsufficientFunds",
    )
    .await;
    let event = app
        .hint(&store, "payment_intent.payment_failed", &order.intent)
        .await;
    let told = preview(app, &store, &event).await;
    let fields: Vec<&Value> = told["changes"].as_array().unwrap().iter().collect();
    assert_eq!(fields.len(), 2, "{told}");
    assert_eq!(
        (&fields[0]["field"], &fields[0]["to"]),
        (&json!("payment_status"), &json!("failed"))
    );
    assert_eq!(
        (&fields[1]["field"], &fields[1]["from"], &fields[1]["to"]),
        (
            &json!("last_payment_error"),
            &Value::Null,
            &json!({ "code": "card_declined", "decline_code": "insufficient_funds" })
        )
    );
    app.run_work().await;
    assert_eq!(preview(app, &store, &event).await["outcome"], "nothing");
}

async fn a_preview_tells_of_an_incident(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    tamper(app, &order, json!({ "amount_received": 1 })).await;
    let told = preview(app, &store, &event).await;
    assert_eq!(
        (&told["outcome"], &told["incident"]["code"]),
        (&json!("incident"), &json!("amount_mismatch"))
    );
    // What was taken is kept in our record of the payment; the order stays.
    let changes = told["changes"].as_array().unwrap();
    let fields: Vec<&Value> = changes.iter().map(|change| &change["field"]).collect();
    assert_eq!(fields, ["payment.status", "payment.captured"]);
    assert!(!told["incident"]["message"].as_str().unwrap().is_empty());
    app.run_work().await;
    // Set right, a replay pays and closes the incident.
    tamper(app, &order, json!({ "amount_received": 1250 })).await;
    let told = preview(app, &store, &event).await;
    assert_eq!(told["outcome"], "changes");
    let closed = json!({ "order_id": order.id, "number": 1001, "field": "attention", "from": ["amount_mismatch"], "to": [] });
    assert!(
        told["changes"].as_array().unwrap().contains(&closed),
        "{told}"
    );
    post(app, &store, &format!("/{event}/replay"), &json!({}))
        .await
        .expect(200);
    app.run_work().await;
    assert_eq!(app.order(&store, &order.id).await["attention"], json!([]));
}

async fn a_preview_tells_what_is_ignored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let unhandled = event_of("customer.updated", &json!({ "id": "cus_1" }));
    let mut live = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    live["livemode"] = json!(true);
    for event in [&unhandled, &live] {
        app.post_event(&store, event).await.expect(200);
    }
    let unknown = app
        .hint(&store, "payment_intent.succeeded", "pi_FAKE")
        .await;
    let asked_before = app.stripe_requests().await.len();
    for event in [
        unhandled["id"].as_str().unwrap(),
        live["id"].as_str().unwrap(),
        &unknown,
    ] {
        assert_eq!(preview(app, &store, event).await["outcome"], "ignored");
    }
    assert_eq!(app.stripe_requests().await.len(), asked_before);
}

async fn a_preview_of_many_asks_once_for_each_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (first, _) = paid(app, &store).await;
    for _ in 0..2 {
        app.hint(&store, "payment_intent.succeeded", &first.intent)
            .await;
    }
    app.wait_s(1);
    let (second, last) = paid(app, &store).await;
    let asked_before = app.stripe_requests().await.len();
    let before = rows(app).await;
    let all = json!({ "states": ["received"], "preview": true });
    let reply = post(app, &store, "/replay", &all).await.expect(200);
    assert_eq!(rows(app).await, before);
    assert_eq!(app.stripe_requests().await.len(), asked_before + 2);
    assert_eq!(
        (&reply["matched"], &reply["replayed"], &reply["has_more"]),
        (&json!(4), &json!(0), &json!(false))
    );
    let told = reply["preview"].as_array().unwrap();
    let outcomes: Vec<&Value> = told.iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["changes", "nothing", "nothing", "changes"]);
    assert_eq!(told[0]["changes"][0]["order_id"], first.id.as_str());
    assert_eq!(told[3]["changes"][0]["order_id"], second.id.as_str());
    assert_eq!(told[3]["event"]["id"], last.as_str());
    // Twenty at a time.
    for _ in 0..17 {
        app.hint(&store, "payment_intent.succeeded", &first.intent)
            .await;
    }
    let reply = post(app, &store, "/replay", &all).await.expect(200);
    assert_eq!(
        (&reply["matched"], &reply["has_more"]),
        (&json!(20), &json!(true))
    );
    let mut rest = all.clone();
    rest["starting_after"] = reply["next_starting_after"].clone();
    let reply = post(app, &store, "/replay", &rest).await.expect(200);
    assert_eq!(
        (&reply["matched"], &reply["has_more"]),
        (&json!(1), &json!(false))
    );
}

async fn a_preview_that_cannot_ask_says_so(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    super::stripe_is_down(app).await;
    let path = format!("/{event}/replay");
    let before = rows(app).await;
    post(app, &store, &path, &json!({ "preview": true }))
        .await
        .expect_error(502, "stripe_error");
    assert_eq!(rows(app).await, before);
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
}
