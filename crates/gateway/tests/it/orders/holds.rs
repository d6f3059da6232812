//! Holds on cards that end before their money is taken.

use gateway::work::authorizations::run_once;
use serde_json::{Value, json};

use super::money::{act, held, late_store, states, told};
use crate::harness::{TestApp, stories};

stories!(
    a_hold_that_ends_is_told_twice_and_then_makes_the_order_unpaid,
    a_hold_that_is_used_or_given_free_is_not_told_of,
);

const DAY_S: i64 = 24 * 3600;

fn codes(order: &Value) -> Vec<&str> {
    let attention = order["attention"].as_array().unwrap();
    attention
        .iter()
        .map(|entry| entry["code"].as_str().unwrap())
        .collect()
}

async fn a_hold_that_ends_is_told_twice_and_then_makes_the_order_unpaid(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    let second = app.second_gateway().await;
    let tell = async || {
        let (one, two) = tokio::join!(run_once(&app.app), run_once(&second));
        one.unwrap() + two.unwrap()
    };
    assert_eq!(tell().await, 0);
    // A card holds the money for seven days.
    app.wait_s(4 * DAY_S + 60);
    assert_eq!((tell().await, tell().await), (1, 0));
    let shown = app.order(&store, &order.id).await;
    assert_eq!(states(&shown), ("confirmed", "authorized"));
    assert_eq!(codes(&shown), ["authorization_expiring"]);
    app.wait_s(2 * DAY_S);
    assert_eq!((tell().await, tell().await), (1, 0));
    assert_eq!(told(app, &order.id, "authorization.expiring").await, 2);
    app.wait_s(DAY_S);
    assert_eq!((tell().await, tell().await), (1, 0));
    let shown = app.order(&store, &order.id).await;
    assert_eq!(states(&shown), ("confirmed", "unpaid"));
    assert_eq!(codes(&shown), ["authorization_expired"]);
    act(app, &store, &order.id, "capture", json!({}))
        .await
        .expect_error(409, "payment_not_capturable");
    app.deliver(&store, "charge.expired", 2).await;
    app.run_work().await;

    // The shopper pays again.
    let body = json!({ "order_id": order.id });
    let again = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&store.api_key);
    let again = again.send().await.expect(201);
    app.pay(again["id"].as_str().unwrap(), "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let shown = app.order(&store, &order.id).await;
    assert_eq!(
        (states(&shown), codes(&shown)),
        (("confirmed", "paid"), vec![])
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_hold_that_is_used_or_given_free_is_not_told_of(app: &TestApp) {
    let store = late_store(app).await;
    let (taken, freed) = (held(app, &store).await, held(app, &store).await);
    app.wait_s(5 * DAY_S);
    assert_eq!(run_once(&app.app).await.unwrap(), 2);
    act(app, &store, &taken.id, "capture", json!({}))
        .await
        .expect(200);
    act(app, &store, &freed.id, "cancel", json!({}))
        .await
        .expect(200);
    app.wait_s(5 * DAY_S);
    assert_eq!(run_once(&app.app).await.unwrap(), 0);
    for order in [&taken, &freed] {
        let shown = app.order(&store, &order.id).await;
        assert_eq!(shown["attention"], json!([]), "{shown}");
    }
}
