//! W12: records that disagree. Each mismatch has a name, a person is told, and nothing moves.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{ConnectedStore, Keys, PaidOrder, TestApp, logged, stories};

stories!(
    w12_another_amount_is_an_incident,
    w12_another_currency_is_an_incident,
    another_mode_is_an_incident,
    another_orders_payment_is_an_incident,
    another_account_is_an_incident,
    c7_a_payment_of_a_former_account_is_settled,
    a_payment_that_stripe_does_not_know_is_an_incident,
    money_for_a_cancelled_order_is_an_incident,
);

async fn w12_another_amount_is_an_incident(app: &TestApp) {
    for received in [0, 1, 1249, 1251, 125_000, -1250, i64::MAX] {
        let (store, order) = paid_at_stripe(app).await;
        tamper(app, &order, json!({ "amount_received": received })).await;
        assert_incident(app, &store, &order, "amount_mismatch").await;
    }
}

async fn w12_another_currency_is_an_incident(app: &TestApp) {
    for currency in ["huf", "usd", "xxx", ""] {
        let (store, order) = paid_at_stripe(app).await;
        tamper(app, &order, json!({ "currency": currency })).await;
        assert_incident(app, &store, &order, "currency_mismatch").await;
    }
}

async fn another_mode_is_an_incident(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    tamper(app, &order, json!({ "livemode": true })).await;
    assert_incident(app, &store, &order, "mode_mismatch").await;
    // Set right, the next look pays: an incident does not stand in the way of the truth.
    tamper(app, &order, json!({ "livemode": false })).await;
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn another_orders_payment_is_an_incident(app: &TestApp) {
    for (key, value) in [
        ("tillgate_order_id", Uuid::new_v4().to_string()),
        ("tillgate_order_id", String::new()),
        ("tillgate_order_id", "1' OR '1'='1".to_owned()),
        ("tillgate_store_id", Uuid::new_v4().to_string()),
    ] {
        let (store, order) = paid_at_stripe(app).await;
        let mut metadata = app.intent_at_stripe(&store, &order.intent).await["metadata"].clone();
        metadata[key] = json!(value);
        tamper(app, &order, json!({ "metadata": metadata })).await;
        assert_incident(app, &store, &order, "payment_mismatch").await;
    }
    // Its own name is what it must be, but a merchant who deletes it does no harm.
    let (store, order) = paid_at_stripe(app).await;
    tamper(app, &order, json!({ "metadata": {} })).await;
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn another_account_is_an_incident(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    // As an old backup would have it: an account that was never connected here.
    let sql = format!(
        "UPDATE payments SET account_id = 'acct_STRANGER' WHERE payment_intent_id = '{}'",
        order.intent
    );
    app.database.raw(&sql).await.unwrap();
    assert_incident(app, &store, &order, "account_mismatch").await;
    let body = json!({ "order_id": order.id });
    let reply = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&order.token)
        .send()
        .await;
    reply.expect_error(409, "account_changed");
}

/// C7: what the former account took is settled through that account.
async fn c7_a_payment_of_a_former_account_is_settled(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    let other = Keys::fake();
    app.create_account(&other).await;
    app.connect(&store.id, &other, None).await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    let outcome = app.inbox(&event).await.unwrap();
    assert_eq!(outcome.outcome(), ("processed", None));
    assert_eq!(app.recorded(&order.id).await.1, "paid");
}

async fn a_payment_that_stripe_does_not_know_is_an_incident(app: &TestApp) {
    let (store, mut order) = paid_at_stripe(app).await;
    let sql = format!(
        "UPDATE payments SET payment_intent_id = 'pi_FAKEgone' WHERE payment_intent_id = '{}'",
        order.intent
    );
    app.database.raw(&sql).await.unwrap();
    "pi_FAKEgone".clone_into(&mut order.intent);
    assert_incident(app, &store, &order, "payment_missing").await;
}

async fn money_for_a_cancelled_order_is_an_incident(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    let sql = format!(
        "UPDATE orders SET status = 'cancelled' WHERE id = '{}'",
        order.id
    );
    app.database.raw(&sql).await.unwrap();
    for _ in 0..2 {
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        app.run_work().await;
    }
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("cancelled"), &json!("unpaid"))
    );
    assert_eq!(codes(&seen), ["paid_after_cancel"]);
    assert_eq!(app.times_paid(&order.id).await, 0);
    // The money itself is never dropped from sight.
    let path = format!("/payments/{}", order.intent);
    let payment = app
        .store_get(&store, &path)
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    assert_eq!(payment["status"], "succeeded");
}

/// The shopper has paid, and nobody has told us yet.
async fn paid_at_stripe(app: &TestApp) -> (ConnectedStore, PaidOrder) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let paid = app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(paid["status"], "succeeded");
    (store, order)
}

/// Stripe says something else from now on.
async fn tamper(app: &TestApp, order: &PaidOrder, fields: Value) {
    app.control(
        Method::POST,
        &format!("/payment_intents/{}", order.intent),
        fields,
    )
    .await;
}

/// Two events and a look by the shopper: one incident, told to the merchant only, and nothing else.
async fn assert_incident(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, code: &str) {
    for _ in 0..2 {
        let event = app
            .hint(store, "payment_intent.succeeded", &order.intent)
            .await;
        app.run_work().await;
        assert_eq!(
            app.inbox(&event).await.unwrap().outcome(),
            ("processed", Some(code))
        );
    }
    let pending = ("pending".to_owned(), "unpaid".to_owned());
    assert_eq!(app.recorded(&order.id).await, pending);
    let path = format!("/payments/{}", order.intent);
    app.store_get(store, &path)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    let seen = app.order(store, &order.id).await;
    assert_eq!(
        (&seen["paid_at"], &seen["updated_at"]),
        (&json!(null), &seen["created_at"])
    );
    assert_eq!(codes(&seen), [code]);
    assert!(!seen["attention"][0]["message"].as_str().unwrap().is_empty());
    assert_eq!(
        seen["attention"][0]["since"], seen["created_at"],
        "the clock stands still"
    );
    assert_eq!(app.recorded(&order.id).await, pending);
    assert_eq!(app.times_paid(&order.id).await, 0);
    assert!(
        logged(&["ERROR", "incident", code, &order.id]),
        "{code} is not in the log"
    );

    let path = format!("/orders/{}", order.id);
    let shown = app
        .store_get(store, &path)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(shown.get("attention"), None, "{shown}");
}

fn codes(order: &Value) -> Vec<&str> {
    order["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["code"].as_str().unwrap())
        .collect()
}
