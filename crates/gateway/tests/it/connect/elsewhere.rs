//! Keys that were proven at the sandbox are unknown to Stripe, and the other way round: nobody is asked about them, and nothing
//! is concluded from that, as when `serve` is started on the data of `dev`.

use gateway::work::{health, reconcile, sweep};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::stripe_status;
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    keys_of_another_stripe_are_not_asked_about,
    connecting_again_makes_them_this_ones,
    keys_of_before_are_asked_about,
);

const CODE: &str = "connected_elsewhere";

/// As if the keys had been proven at the other one.
async fn move_elsewhere(app: &TestApp) {
    let sql = "UPDATE stripe_connections SET is_stand_in = NOT is_stand_in";
    app.database.raw(sql).await.unwrap();
}

/// Our requests that reached Stripe so far.
async fn asked(app: &TestApp) -> usize {
    app.stripe_requests().await.len()
}

async fn problems(app: &TestApp, store: &ConnectedStore) -> Vec<Value> {
    let mut status = stripe_status(app, &store.id).await;
    assert_eq!(status["modes"]["test"]["reconnect_needed"], false);
    let problems = status["problems"].as_array_mut().unwrap();
    problems.iter_mut().map(|one| one["code"].take()).collect()
}

async fn keys_of_another_stripe_are_not_asked_about(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let event = {
        app.pay(&order.intent, "pm_card_visa").await;
        move_elsewhere(app).await;
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await
    };
    let before = asked(app).await;
    app.run_work().await;
    app.prepay(&store, &cart, &token)
        .await
        .expect_error(409, "store_connected_elsewhere");
    let page = app.http.get(&format!("/checkout/{token}")).send().await;
    assert!(!page.text.contains(&store.keys.publishable));
    let page = app.http.get(&format!("/stripe/success/{}", store.id));
    assert!(page.send().await.text.contains("has to connect again"));
    app.clock.advance(SignedDuration::from_hours(2));
    health::run_once(&app.app).await.unwrap();
    reconcile::run_once(&app.app).await.unwrap();
    sweep::run_once(&app.app).await.unwrap();
    assert_eq!(asked(app).await, before);
    assert_eq!(problems(app, &store).await, [CODE]);
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    assert_eq!(app.inbox(&event).await.unwrap().state, "received");

    // The gateway is started as it was: nothing has been lost.
    move_elsewhere(app).await;
    assert!(problems(app, &store).await.is_empty());
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
}

async fn connecting_again_makes_them_this_ones(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    move_elsewhere(app).await;
    assert_eq!(problems(app, &store).await, [CODE]);
    app.connect(&store.id, &store.keys, None).await;
    assert!(problems(app, &store).await.is_empty());
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// Of those that an older version stored nobody knows where they were proven.
async fn keys_of_before_are_asked_about(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let sql = "UPDATE stripe_connections SET is_stand_in = NULL";
    app.database.raw(sql).await.unwrap();
    assert!(problems(app, &store).await.is_empty());
    let order = app.place_order(&store).await;
    assert_eq!(
        app.intent_at_stripe(&store, &order.intent).await["id"],
        json!(order.intent)
    );
}
