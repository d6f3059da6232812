//! The inbox as a merchant's back end sees it, and what replaying does.

mod lists;
mod many;
mod preview;
mod replay;
mod shown;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, Reply, TestApp};

/// `GET /events…` with the store's key.
async fn get(app: &TestApp, store: &ConnectedStore, path: &str) -> Reply {
    app.store_get(store, &format!("/events{path}"))
        .bearer(&store.api_key)
        .send()
        .await
}

/// `POST /events…` with the store's key.
async fn post(app: &TestApp, store: &ConnectedStore, path: &str, body: &Value) -> Reply {
    app.store_post(store, &format!("/events{path}"), body)
        .bearer(&store.api_key)
        .send()
        .await
}

/// The ids of a list, and whether there are more.
fn ids(list: &Value) -> (Vec<String>, bool) {
    assert_eq!(list["object"], "list");
    let ids = list["data"].as_array().unwrap().iter();
    let ids = ids.map(|event| event["id"].as_str().unwrap().to_owned());
    (ids.collect(), list["has_more"].as_bool().unwrap())
}

/// Puts an event where the worker puts it after the last attempt.
async fn park(app: &TestApp, event: &str) {
    set(
        app,
        event,
        "state = 'parked', attempts = 60, last_error = 'stripe_error'",
    )
    .await;
}

async fn set(app: &TestApp, event: &str, columns: &str) {
    let sql = format!("UPDATE stripe_events SET {columns} WHERE event_id = '{event}'");
    app.database.raw(&sql).await.unwrap();
}

/// Everything that a replay could change.
async fn rows(app: &TestApp) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in [
        ("orders", "*"),
        ("payments", "*"),
        ("incidents", "*"),
        ("audit_log", "*"),
        ("stripe_connections", "*"),
        (
            "stripe_events",
            "event_id, state, attempts, last_error, next_attempt_at, processed_at",
        ),
    ] {
        let sql = format!("SELECT {columns} FROM {table} ORDER BY 1, 2");
        let rows = app.database.raw(&sql).await.unwrap();
        all.push(format!("{table}: {rows:?}"));
    }
    all
}

/// An order that was paid at Stripe, and the event that told of it.
async fn paid(app: &TestApp, store: &ConnectedStore) -> (PaidOrder, String) {
    let order = app.place_order(store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let event = app
        .hint(store, "payment_intent.succeeded", &order.intent)
        .await;
    (order, event)
}

/// Changes what Stripe says about a payment.
async fn tamper(app: &TestApp, order: &PaidOrder, fields: Value) {
    let path = format!("/payment_intents/{}", order.intent);
    app.control(Method::POST, &path, fields).await;
}

/// Lets every call to Stripe fail from now on.
async fn stripe_is_down(app: &TestApp) {
    app.fault(json!({ "path_prefix": "/v1/", "kind": "500", "times": 1000 }))
        .await;
}
