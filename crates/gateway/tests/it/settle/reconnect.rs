//! C8: Stripe refuses the store's key. Everything waits, nothing is dropped, and it goes on with a key that works.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    c8_events_wait_until_the_store_reconnects,
    c8_another_store_is_not_concerned,
    c8_an_event_that_meets_the_reconnect_is_not_left_behind,
    c7_an_event_that_meets_the_connect_of_its_account_is_not_left_behind,
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
        assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    }

    app.control(Method::DELETE, "/faults", Value::Null).await;
    refuse_to_pay(app, &store, &late).await;
    app.connect(&store.id, &store.keys, None).await;
    app.run_work().await;
    for order in &orders {
        assert_eq!(app.recorded(&order.id).await.1, "paid");
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

/// A worker has found the key refused, and before it writes that down the merchant's new one is stored.
async fn c8_an_event_that_meets_the_reconnect_is_not_left_behind(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let orders = paid_at_stripe(app, &store, 1).await;
    let refused = "UPDATE stripe_connections SET reconnect_needed = ";
    let [yes, no] = if app.database.path().is_some() {
        ["1", "0"]
    } else {
        ["true", "false"]
    };
    app.database.raw(&format!("{refused}{yes}")).await.unwrap();
    let event = app
        .hint(&store, "payment_intent.succeeded", &orders[0].intent)
        .await;
    // What connecting does, up to the moment before its commit.
    app.database.raw("BEGIN").await.unwrap();
    app.database.raw(&format!("{refused}{no}")).await.unwrap();
    app.database
        .raw("UPDATE stripe_events SET state = 'received' WHERE state = 'waiting'")
        .await
        .unwrap();
    let reconnecting = async {
        while !is_waited_for(app).await {
            tokio::task::yield_now().await;
        }
        app.database.raw("COMMIT").await.unwrap();
    };
    tokio::join!(app.run_work(), reconnecting);
    app.wait_s(1);
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
    assert_eq!(app.times_paid(&orders[0].id).await, 1);
}

/// A worker has found that nobody connected the account of a payment, and before it writes that down somebody does.
async fn c7_an_event_that_meets_the_connect_of_its_account_is_not_left_behind(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let orders = paid_at_stripe(app, &store, 1).await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &orders[0].intent)
        .await;
    for table in ["payments", "stripe_events"] {
        let sql = format!("UPDATE {table} SET account_id = 'acct_FAKElate'");
        app.database.raw(&sql).await.unwrap();
    }
    // What connecting does, up to the moment before its commit.
    for sql in [
        "BEGIN",
        "UPDATE stores SET updated_at = updated_at",
        "INSERT INTO stripe_connections (store_id, mode, account_id, publishable_key, charges_enabled, secret_version, \
             secret_key_id, secret_token, reconnect_needed, connected_at, replaced_at) \
         SELECT store_id, mode, 'acct_FAKElate', publishable_key, charges_enabled, secret_version, \
             secret_key_id, secret_token, reconnect_needed, connected_at, connected_at FROM stripe_connections",
        "UPDATE stripe_events SET state = 'received' WHERE state = 'waiting'",
    ] {
        app.database.raw(sql).await.unwrap();
    }
    let connecting = async {
        while !is_waited_for(app).await {
            tokio::task::yield_now().await;
        }
        app.database.raw("COMMIT").await.unwrap();
    };
    tokio::join!(app.run_work(), connecting);
    app.wait_s(1);
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
    assert_eq!(app.times_paid(&orders[0].id).await, 1);
}

/// Whether somebody waits for the open transaction, or has gone on without; `SQLite` lets nobody else write anyway.
async fn is_waited_for(app: &TestApp) -> bool {
    if app.database.path().is_some() {
        return true;
    }
    let waiting = "SELECT pid FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    let given_up = app.inbox_where("state = 'waiting'").await;
    !given_up.is_empty() || !app.database.raw(waiting).await.unwrap().is_empty()
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
