//! C8: Stripe refuses the store's key. Everything waits, nothing is dropped, and it goes on with a key that works.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    c8_events_wait_until_the_store_reconnects,
    c8_another_store_is_not_concerned
);

async fn c8_events_wait_until_the_store_reconnects(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let orders = paid_at_stripe(app, &store, 10).await;
    let late = app.place_order(&store).await;
    refuse_key(app, &store).await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    // An hour of it.
    for _ in 0..4 {
        app.wait_s(900);
        app.run_work().await;
    }
    let rows = app
        .inbox_where("state = 'waiting' AND last_error = 'store_reconnect_needed'")
        .await;
    assert_eq!(rows.len(), 10);
    let status = app
        .internal(
            Method::GET,
            &format!("/stores/{}/stripe-status", store.id),
            &json!({}),
        )
        .await
        .expect(200);
    assert_eq!(
        status["modes"]["test"]["reconnect_needed"], true,
        "{status}"
    );
    refuse_to_pay(app, &store, &late).await;
    for order in &orders {
        assert_eq!(
            app.order(&store, &order.id).await["payment_status"],
            "unpaid"
        );
    }

    app.control(Method::DELETE, "/faults", Value::Null).await;
    refuse_to_pay(app, &store, &late).await;
    app.connect(&store.id, &store.keys, None).await;
    app.run_work().await;
    for order in &orders {
        assert_eq!(app.order(&store, &order.id).await["payment_status"], "paid");
        assert_eq!(app.times_paid(&order.id).await, 1);
    }
    assert_eq!(app.inbox_where("state = 'processed'").await.len(), 10);
    let body = json!({ "order_id": late.id });
    app.store_post(&store, "/payment-intents", &body)
        .bearer(&late.token)
        .send()
        .await
        .expect(200);
}

async fn c8_another_store_is_not_concerned(app: &TestApp) {
    let (broken, healthy) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let (stuck, fine) = (
        paid_at_stripe(app, &broken, 1).await,
        paid_at_stripe(app, &healthy, 1).await,
    );
    refuse_key(app, &broken).await;
    app.deliver(&broken, "payment_intent.succeeded", 1).await;
    app.deliver(&healthy, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(
        (
            app.times_paid(&stuck[0].id).await,
            app.times_paid(&fine[0].id).await
        ),
        (0, 1)
    );
    let healthy_order = app.place_order(&healthy).await;
    assert!(healthy_order.intent.starts_with("pi_"));
    // Reconnecting one store wakes only its own events.
    app.connect(&healthy.id, &healthy.keys, None).await;
    app.run_work().await;
    assert_eq!(app.inbox_where("state = 'waiting'").await.len(), 1);
}

async fn paid_at_stripe(app: &TestApp, store: &ConnectedStore, count: usize) -> Vec<PaidOrder> {
    let mut orders = Vec::with_capacity(count);
    for _ in 0..count {
        let order = app.place_order(store).await;
        app.pay(&order.intent, "pm_card_visa").await;
        orders.push(order);
    }
    orders
}

/// The merchant rolled the key in the dashboard.
async fn refuse_key(app: &TestApp, store: &ConnectedStore) {
    let account = &store.keys.account_id;
    app.fault(json!({ "path_prefix": "/v1/", "account": account, "kind": "401", "times": 1000 }))
        .await;
}

async fn refuse_to_pay(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) {
    let body = json!({ "order_id": order.id });
    let reply = app
        .store_post(store, "/payment-intents", &body)
        .bearer(&order.token)
        .send()
        .await;
    reply.expect_error(409, "store_reconnect_needed");
}
