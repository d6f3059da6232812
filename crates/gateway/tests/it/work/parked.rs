//! An event that was given up is seen: on its order, and on its store's connection.

use domain::Mode;
use gateway::work::parked::refresh;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    a_parked_event_shows_on_its_order_and_its_connection,
    an_event_that_kills_its_workers_is_parked,
);

/// How often the gateway looks at an event.
const MAX_ATTEMPTS: u32 = 60;

async fn a_parked_event_shows_on_its_order_and_its_connection(app: &TestApp) {
    let (store, order, events) = at_the_last_attempt(app, 2).await;
    let fault = json!({ "path_prefix": "/v1/payment_intents/", "kind": "500", "times": 1000 });
    app.fault(fault).await;
    app.run_work().await;
    for event in &events {
        let row = app.inbox(event).await.unwrap();
        assert_eq!(row.outcome(), ("parked", Some("stripe_error")));
    }
    assert_eq!(problems(app).await, [["events_parked", "2"]]);
    assert_eq!(open_incidents(app, &order).await, ["event_parked"]);
    app.control(Method::DELETE, "/faults", Value::Null).await;

    // Another event tells what the parked ones could not; they are still there for whoever wants to know why.
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    assert!(open_incidents(app, &order).await.is_empty());
    assert_eq!(problems(app).await, [["events_parked", "2"]]);

    // What replaying does.
    for (event, left) in [
        (&events[0], &[["events_parked", "1"]][..]),
        (&events[1], &[]),
    ] {
        let sql = format!("UPDATE stripe_events SET state = 'received' WHERE event_id = '{event}'");
        app.database.raw(&sql).await.unwrap();
        let (store_id, account_id) = (store.id.parse().unwrap(), &store.keys.account_id);
        let mut tx = app.app.db.begin().await.unwrap();
        refresh(&mut tx, store_id, Mode::Test, account_id, app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(problems(app).await, left);
    }
}

async fn an_event_that_kills_its_workers_is_parked(app: &TestApp) {
    let (_, order, events) = at_the_last_attempt(app, 1).await;
    // The last attempt's worker died as well.
    let sql = "UPDATE stripe_events SET attempts = attempts + 1";
    app.database.raw(sql).await.unwrap();
    app.run_work().await;
    let row = app.inbox(&events[0]).await.unwrap();
    assert_eq!(row.outcome(), ("parked", Some("worker_died")));
    assert_eq!(open_incidents(app, &order).await, ["event_parked"]);
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
}

/// A paid order with events that have been tried again and again.
async fn at_the_last_attempt(
    app: &TestApp,
    count: usize,
) -> (ConnectedStore, PaidOrder, Vec<String>) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let mut events = Vec::new();
    for _ in 0..count {
        let event = app
            .hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        events.push(event);
    }
    let sql = format!("UPDATE stripe_events SET attempts = {}", MAX_ATTEMPTS - 1);
    app.database.raw(&sql).await.unwrap();
    (store, order, events)
}

async fn problems(app: &TestApp) -> Vec<[String; 2]> {
    let sql = "SELECT code, detail FROM connection_problems WHERE code = 'events_parked'";
    let rows = app.database.raw(sql).await.unwrap();
    rows.into_iter()
        .map(|row| [row[0].clone().unwrap(), row[1].clone().unwrap()])
        .collect()
}

async fn open_incidents(app: &TestApp, order: &PaidOrder) -> Vec<String> {
    let sql = format!(
        "SELECT code FROM incidents WHERE order_id = '{}' AND resolved_at IS NULL",
        order.id
    );
    let rows = app.database.raw(&sql).await.unwrap();
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}
