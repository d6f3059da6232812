//! An order whose capture was lost with its gateway: the money is held, and taken by whoever looks next, once.

use domain::incident::Incident;
use domain::{Mode, OrderId, StoreId};
use futures_util::future::join_all;
use gateway::work::settle::Trigger;
use gateway::work::sweep::look_at;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{INTERVAL, deaf_store};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    r1_a_capture_that_was_lost_is_made_up_for_by_the_sweep,
    r1_a_capture_that_many_make_up_for_at_once_happens_once,
    r1_what_is_captured_later_is_left_alone,
    r1_nothing_is_taken_while_a_person_has_to_look,
);

/// An order that was placed, and whose gateway died before it took the money.
struct Held {
    order_id: String,
    intent: String,
}

async fn held(app: &TestApp, store: &ConnectedStore) -> Held {
    let cart = app.create_cart(store).await;
    let intent = app.prepaid(store, &cart).await;
    let path = format!("/v1/payment_intents/{intent}/capture");
    app.fault(json!({ "path_prefix": path, "kind": "503", "times": 3 }))
        .await;
    let order = app.order_prepaid(store, &cart, &intent).await.expect(201);
    let order_id = order["id"].as_str().unwrap().to_owned();
    let held = Held { order_id, intent };
    assert_held(app, store, &held).await;
    held
}

async fn assert_held(app: &TestApp, store: &ConnectedStore, held: &Held) {
    let state = app.recorded(&held.order_id).await;
    assert_eq!(state, ("confirmed".to_owned(), "authorized".to_owned()));
    let at_stripe = app.intent_at_stripe(store, &held.intent).await;
    assert_eq!(at_stripe["status"], "requires_capture");
}

async fn assert_taken_once(app: &TestApp, store: &ConnectedStore, held: &Held) {
    let state = app.recorded(&held.order_id).await;
    assert_eq!(state, ("confirmed".to_owned(), "paid".to_owned()));
    assert_eq!(app.times_paid(&held.order_id).await, 1);
    let at_stripe = app.intent_at_stripe(store, &held.intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("succeeded"), &json!(1250))
    );
    let mut keys: Vec<Value> = captures(app).await;
    keys.dedup();
    assert_eq!(keys.len(), 1, "one capture, however often it is asked for");
}

/// The idempotency keys of the captures that reached Stripe.
async fn captures(app: &TestApp) -> Vec<Value> {
    let mut requests = app.stripe_requests().await;
    requests.retain(|request| request["path"].as_str().unwrap().ends_with("/capture"));
    let keys = requests
        .iter_mut()
        .map(|request| request["idempotency_key"].take());
    keys.collect()
}

async fn r1_a_capture_that_was_lost_is_made_up_for_by_the_sweep(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = held(app, &store).await;
    // Events alone take nothing.
    app.reconcile_later().await;
    assert_held(app, &store, &order).await;
    assert_eq!(app.sweep().await, 1);
    assert_taken_once(app, &store, &order).await;
    let asked = captures(app).await.len();
    app.clock.advance(SignedDuration::from_hours(8 * 24));
    assert_eq!(app.sweep().await, 0, "done with");
    assert_eq!(captures(app).await.len(), asked);
}

async fn r1_a_capture_that_many_make_up_for_at_once_happens_once(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let other = app.second_gateway().await;
    let order = held(app, &store).await;
    let store_id: StoreId = store.id.parse().unwrap();
    app.clock.advance(INTERVAL);
    let gateways = [&app.app, &other, &app.app, &other];
    let looks = gateways.map(|gateway| {
        look_at(
            gateway,
            store_id,
            Mode::Test,
            &order.intent,
            Trigger::Operator,
        )
    });
    let (looked, swept) = tokio::join!(join_all(looks), app.sweep());
    // One may meet another at work and be told so; none takes twice.
    assert!(looked.iter().any(Result::is_ok), "{looked:?}");
    assert!(swept <= 1, "none where it was taken first");
    look_at(
        &other,
        store_id,
        Mode::Test,
        &order.intent,
        Trigger::Operator,
    )
    .await
    .unwrap();
    assert_taken_once(app, &store, &order).await;
}

async fn r1_what_is_captured_later_is_left_alone(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let later = json!({ "capture_on": "shipped" });
    app.internal(Method::PATCH, &format!("/stores/{}", store.id), &later)
        .await
        .expect(200);
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    // Authorised, and no order of anybody yet.
    app.clock.advance(INTERVAL);
    assert_eq!(app.sweep().await, 1);
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let order_id = order["id"].as_str().unwrap().to_owned();
    app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(app.sweep().await, 1);
    assert_held(app, &store, &Held { order_id, intent }).await;
    assert!(captures(app).await.is_empty());
}

async fn r1_nothing_is_taken_while_a_person_has_to_look(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = held(app, &store).await;
    let (store_id, order_id): (StoreId, OrderId) =
        (store.id.parse().unwrap(), order.order_id.parse().unwrap());
    let now = app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    db::incidents::open(&mut tx, store_id, order_id, Incident::AmountMismatch, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let asked = captures(app).await.len();
    app.clock.advance(INTERVAL);
    assert_eq!(app.sweep().await, 1);
    assert_held(app, &store, &order).await;
    assert_eq!(captures(app).await.len(), asked);
}
