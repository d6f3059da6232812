//! A clock of ours that was ahead for a moment puts nothing to sleep.

use gateway::work::{actions, health, prune, recall, reconcile, refunds, stock, sweep};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, stories};

stories!(
    what_was_planned_by_a_clock_ahead_is_done_when_it_is_right,
    money_and_pieces_do_not_wait_for_a_clock_that_was_ahead,
    what_is_planned_far_ahead_stays_planned,
);

const TEN_YEARS: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

async fn what_was_planned_by_a_clock_ahead_is_done_when_it_is_right(app: &TestApp) {
    let right = app.clock.now();
    app.set_clock(right + TEN_YEARS);
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let event = app
        .hint(&store, "payment_intent.created", &order.intent)
        .await;
    run_all(app).await;
    app.set_clock(right);
    app.pay(&order.intent, "pm_card_visa").await;
    // Everything sleeps, the event included if it was not done with.
    assert_eq!(health::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(reconcile::run_once(&app.app).await.unwrap(), 0);
    let sql = format!(
        "UPDATE stripe_events SET state = 'received', next_attempt_at = received_at WHERE event_id = '{event}'"
    );
    app.database.raw(&sql).await.unwrap();
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");

    // Two jobs, one payment, one event, one order's pieces.
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 5);
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(health::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(reconcile::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(sweep::run_once(&app.app).await.unwrap(), 1);
    assert!(prune::run_once(&app.app).await.unwrap() > 0);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    // The cursor stands where it can go on from.
    let sql = "SELECT count(*) FROM reconcile_cursors AS r JOIN stripe_connections AS c \
        ON (r.store_id, r.mode, r.account_id) = (c.store_id, c.mode, c.account_id) WHERE r.seen_until < c.connected_at";
    assert_eq!(
        app.database.raw(sql).await.unwrap(),
        [[Some("1".to_owned())]]
    );
}

async fn money_and_pieces_do_not_wait_for_a_clock_that_was_ahead(app: &TestApp) {
    let right = app.clock.now();
    let store = app.connected_store("Coffee").await;
    let path = format!("/stores/{}", store.id);
    let late = json!({ "capture_on": "shipped" });
    app.internal(Method::PATCH, &path, &late).await.expect(200);
    let product = json!({ "name": "Print", "unit_amount": 1250, "stock": 9 });
    let product = app.create_product(&store, product).await;
    app.set_clock(right + TEN_YEARS);
    let cart = app.cart_of(&store, &product, 3).await;
    app.order_cart(&store, &cart).await.expect(201);
    app.set_clock(right);
    let cart = app.cart_of(&store, &product, 1).await;
    let intent = app.prepaid(&store, &cart).await;
    let held = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let held = held["id"].as_str().unwrap();
    let paid = app.place_order(&store).await;
    app.pay(&paid.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;

    // Not so far that Stripe has given the money free meanwhile.
    app.set_clock(right + SignedDuration::from_hours(20));
    for (path, kind) in [
        ("/v1/payment_intents", "429"),
        ("/v1/refunds", "after_effect_reset"),
    ] {
        let fault = json!({ "path_prefix": path, "method": "POST", "kind": kind, "times": 20 });
        app.fault(fault).await;
    }
    let ask = async |order: &str, action: &str, body: Value| {
        let path = format!("/orders/{order}/{action}");
        let request = app.store_post(&store, &path, &body).bearer(&store.api_key);
        request.send().await
    };
    ask(held, "status", json!({ "status": "shipped" }))
        .await
        .expect(200);
    let unknown = ask(&paid.id, "refunds", json!({})).await;
    assert!(unknown.status.is_server_error(), "{}", unknown.text);
    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.set_clock(right);
    assert_eq!(actions::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(refunds::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(stock::run_once(&app.app).await.unwrap(), 0);

    assert!(recall::run_once(&app.app).await.unwrap() >= 3);
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(actions::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(refunds::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(app.recorded(held).await.1, "paid");
    assert_eq!(app.recorded(&paid.id).await.1, "refunded");
    let returned = app
        .of_payment_at_stripe(&store, "refunds", &paid.intent)
        .await;
    assert_eq!(returned.len(), 1);
    assert_eq!(app.stock(&store, &product).await, 5);
    app.wait_s(3600);
    assert_eq!(stock::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(app.stock(&store, &product).await, 8);
}

async fn what_is_planned_far_ahead_stays_planned(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    app.place_order(&store).await;
    run_all(app).await;
    assert_eq!(recall::run_once(&app.app).await.unwrap(), 0);
}

async fn run_all(app: &TestApp) {
    while health::run_once(&app.app).await.unwrap() > 0 {}
    while reconcile::run_once(&app.app).await.unwrap() > 0 {}
    while sweep::run_once(&app.app).await.unwrap() > 0 {}
    while prune::run_once(&app.app).await.unwrap() > 0 {}
    app.run_work().await;
}
