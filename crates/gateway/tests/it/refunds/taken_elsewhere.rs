//! Money that was taken in Stripe's dashboard, in another amount than the order's: it is never out of sight, and can go back.

use reqwest::Method;
use serde_json::{Value, json};

use super::hear;
use crate::harness::{ConnectedStore, TestApp, stories};
use crate::orders::money::{act, codes, held, late_store, states, told};

stories!(
    a_part_that_was_captured_in_the_dashboard_pays_the_order,
    a_part_that_was_captured_in_the_dashboard_can_be_refunded_there,
    an_order_of_which_a_part_was_captured_can_be_cancelled,
    what_came_as_another_amount_can_go_back,
);

/// The merchant takes a part in Stripe's dashboard.
async fn capture_there(app: &TestApp, store: &ConnectedStore, intent: &str, amount: i64) {
    let path = format!("/payment_intents/{intent}/capture");
    app.control(Method::POST, &path, json!({ "amount": amount }))
        .await;
    app.deliver(store, "charge.captured", 2).await;
    app.run_work().await;
}

async fn a_part_that_was_captured_in_the_dashboard_pays_the_order(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    capture_there(app, &store, &order.intent, 500).await;
    let shown = app.order(&store, &order.id).await;
    assert_eq!(states(&shown), ("confirmed", "paid"), "{shown}");
    assert_eq!(
        (&shown["amount"], &shown["amount_captured"]),
        (&json!(1250), &json!(500))
    );
    assert_eq!(codes(&shown), [""; 0]);
    assert_eq!(told(app, &order.id, "order.paid").await, 1);
    // It is moved on and refunded as any other.
    let body = json!({ "status": "completed" });
    let moved = act(app, &store, &order.id, "status", body).await;
    assert_eq!(states(&moved.expect(200)), ("completed", "paid"));
    let refund = async |amount: i64| {
        let body = json!({ "amount": amount });
        act(app, &store, &order.id, "refunds", body).await
    };
    refund(501).await.expect_error(422, "refund_too_large");
    refund(500).await.expect(201);
    let shown = app.order(&store, &order.id).await;
    assert_eq!(states(&shown), ("completed", "refunded"), "{shown}");
    let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
    assert_eq!(at_stripe["amount_received"], 500);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_part_that_was_captured_in_the_dashboard_can_be_refunded_there(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    let path = format!("/payment_intents/{}/capture", order.intent);
    app.control(Method::POST, &path, json!({ "amount": 500 }))
        .await;
    let path = format!("/payment_intents/{}/refund", order.intent);
    app.control(Method::POST, &path, json!({ "amount": 200 }))
        .await;
    app.deliver(&store, "charge.refunded", 1).await;
    app.run_work().await;
    let shown = app.order(&store, &order.id).await;
    assert_eq!(
        states(&shown),
        ("confirmed", "partially_refunded"),
        "{shown}"
    );
    assert_eq!(
        (&shown["amount_captured"], &shown["amount_refunded"]),
        (&json!(500), &json!(200))
    );
    app.deliver(&store, "charge.captured", 1).await;
    app.run_work().await;
    assert_eq!(app.order(&store, &order.id).await, shown);
}

async fn an_order_of_which_a_part_was_captured_can_be_cancelled(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    capture_there(app, &store, &order.intent, 500).await;
    let body = json!({ "refund": true });
    let cancelled = act(app, &store, &order.id, "cancel", body)
        .await
        .expect(200);
    assert_eq!(states(&cancelled), ("cancelled", "refunded"), "{cancelled}");
    assert_eq!(cancelled["amount_refunded"], 500);
    assert_eq!(app.stock(&store, &order.product).await, 10);
}

/// The order is not paid by it, but what was taken stands in our records, so that it can go back.
async fn what_came_as_another_amount_can_go_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for refunds_first in [true, false] {
        let order = app.place_order(&store).await;
        app.pay(&order.intent, "pm_card_visa").await;
        let path = format!("/payment_intents/{}", order.intent);
        app.control(Method::POST, &path, json!({ "amount_received": 50 }))
            .await;
        hear(app, &store, &order).await;
        let shown = app.order(&store, &order.id).await;
        assert_eq!(states(&shown), ("pending", "unpaid"));
        assert_eq!(
            (&shown["amount_captured"], codes(&shown)),
            (&json!(50), vec!["amount_mismatch"])
        );
        let give_back = async || {
            let made = act(app, &store, &order.id, "refunds", json!({})).await;
            assert_eq!(made.expect(201)["amount"], 50);
        };
        if refunds_first {
            give_back().await;
            assert_eq!(attention(app, &store, &order.id).await, json!([]));
        }
        let cancelled = act(app, &store, &order.id, "cancel", json!({})).await;
        assert_eq!(states(&cancelled.expect(200)), ("cancelled", "unpaid"));
        if !refunds_first {
            let kept = app.order(&store, &order.id).await;
            assert_eq!(codes(&kept), ["amount_mismatch", "cancelled_but_paid"]);
            give_back().await;
        }
        // The next look finds nothing that a person would have to do.
        hear(app, &store, &order).await;
        assert_eq!(attention(app, &store, &order.id).await, json!([]));
    }
}

async fn attention(app: &TestApp, store: &ConnectedStore, order: &str) -> Value {
    app.order(store, order).await["attention"].clone()
}
