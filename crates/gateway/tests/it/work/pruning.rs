//! W19: what was forgotten has still happened.

use gateway::work::prune;
use serde_json::json;

use crate::harness::{TestApp, event_of, stories};

stories!(
    w19_an_event_that_was_forgotten_has_one_effect_still,
    what_is_not_done_with_is_not_forgotten,
    a_pass_of_pruning_comes_once_an_hour,
);

const DAY_S: i64 = 24 * 3600;

async fn w19_an_event_that_was_forgotten_has_one_effect_still(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let object = json!({ "id": order.intent, "object": "payment_intent" });
    let event = event_of("payment_intent.succeeded", &object);
    let event_id = event["id"].as_str().unwrap();
    app.post_event(&store, &event).await.expect(200);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    app.wait_s(60 * DAY_S);
    prune(app).await;
    assert!(app.inbox(event_id).await.is_some(), "younger than 90 days");
    app.wait_s(62 * DAY_S);
    prune(app).await;
    assert!(app.inbox(event_id).await.is_none());
    // The same id again, long after.
    app.post_event(&store, &event).await.expect(200);
    app.run_work().await;
    let row = app.inbox(event_id).await.unwrap();
    assert_eq!((row.outcome(), row.attempts), (("processed", None), 1));
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn what_is_not_done_with_is_not_forgotten(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.wait_s(200 * DAY_S);
    prune(app).await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!((row.outcome(), row.attempts), (("received", None), 0));
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_pass_of_pruning_comes_once_an_hour(app: &TestApp) {
    let other = app.second_gateway().await;
    assert!(prune(app).await > 0);
    assert_eq!(prune(app).await, 0);
    assert_eq!(prune::run_once(&other).await.unwrap(), 0, "another had it");
    app.wait_s(3600);
    assert!(prune::run_once(&other).await.unwrap() > 0);
    assert_eq!(prune(app).await, 0);
}

/// All that is to be done now. Returns the number of steps.
async fn prune(app: &TestApp) -> usize {
    let mut steps = 0;
    loop {
        match prune::run_once(&app.app).await.unwrap() {
            0 => return steps,
            more => steps += more,
        }
    }
}
