//! Payments that stay open are looked at, whatever events said.

use jiff::SignedDuration;
use serde_json::json;
use test_database::TestDatabase;

use super::{INTERVAL, assert_paid_once, deaf_store, paid_at_stripe};
use crate::harness::{TestApp, stories};

stories!(
    w18_an_order_whose_events_are_gone_is_paid,
    w18_an_open_payment_is_looked_at_more_rarely_as_it_ages,
    w18_a_sweep_that_was_killed_is_made_up_for,
    w18_a_store_that_cannot_be_asked_delays_no_other,
    c7_a_replaced_accounts_payments_are_looked_at,
);

/// Our reads of `PaymentIntents` that reached Stripe.
async fn reads(app: &TestApp) -> usize {
    let mut requests = app.stripe_requests().await;
    requests.retain(|request| {
        let path = request["path"].as_str().unwrap_or_default();
        request["method"] == "GET" && path.starts_with("/v1/payment_intents/")
    });
    requests.len()
}

async fn w18_an_order_whose_events_are_gone_is_paid(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = paid_at_stripe(app, &store).await;
    assert_eq!(app.sweep().await, 0, "too young");
    // Stripe lists 30 days.
    app.clock.advance(SignedDuration::from_hours(31 * 24));
    app.reconcile().await;
    assert_eq!(app.count("stripe_events").await, 0);
    assert_eq!(app.sweep().await, 1);
    assert_paid_once(app, &order).await;
    app.clock.advance(SignedDuration::from_hours(90 * 24));
    assert_eq!(app.sweep().await, 0, "done with");
}

async fn w18_an_open_payment_is_looked_at_more_rarely_as_it_ages(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.place_order(&store).await;
    let mut looks = Vec::new();
    for _ in 0..(6 * 12) {
        app.clock.advance(INTERVAL);
        looks.push(app.sweep().await);
    }
    let hours: Vec<usize> = looks.chunks(12).map(|hour| hour.iter().sum()).collect();
    assert_eq!(looks[0], 1);
    assert!(hours[0] > hours[5], "{hours:?}");
    assert!(hours[0] <= 7 && hours[5] <= 1, "{hours:?}");
    assert_eq!(reads(app).await, looks.iter().sum::<usize>());
}

async fn w18_a_sweep_that_was_killed_is_made_up_for(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = paid_at_stripe(app, &store).await;
    app.clock.advance(INTERVAL);
    let hang = json!({ "path_prefix": "/v1/payment_intents/", "account": store.keys.account_id, "kind": { "latency_ms": 60_000 } });
    app.fault(hang).await;
    let before = reads(app).await;
    tokio::select! {
        _ = app.sweep() => panic!("it did not hang"),
        () = async { while reads(app).await == before { tokio::task::yield_now().await; } } => {}
    }
    assert_eq!(app.sweep().await, 0, "its lease still runs");
    app.wait_s(600);
    assert_eq!(app.sweep().await, 1);
    assert_paid_once(app, &order).await;
}

async fn w18_a_store_that_cannot_be_asked_delays_no_other(app: &TestApp) {
    let (broken, fine) = (deaf_store(app, "A").await, deaf_store(app, "B").await);
    for _ in 0..5 {
        paid_at_stripe(app, &broken).await;
    }
    let order = paid_at_stripe(app, &fine).await;
    let fault = json!({ "path_prefix": "/v1/", "account": broken.keys.account_id, "probability": 1, "kind": "503" });
    app.fault(fault).await;
    app.clock.advance(INTERVAL);
    let before = reads(app).await;
    assert_eq!(app.sweep().await, 6);
    assert_paid_once(app, &order).await;
    // One look with its two repetitions tells that the others would fail as well.
    assert_eq!(reads(app).await - before, 1 + 3);
    app.control(reqwest::Method::DELETE, "/faults", json!(null))
        .await;
    app.wait_s(900);
    assert_eq!(app.sweep().await, 5);
    assert_eq!(app.inbox_where("state = 'received'").await.len(), 0);
}

async fn c7_a_replaced_accounts_payments_are_looked_at(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = app.place_order(&store).await;
    let other = crate::harness::Keys::fake();
    app.create_account(&other).await;
    app.connect(&store.id, &other, None).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.clock.advance(SignedDuration::from_hours(40 * 24));
    assert_eq!(app.sweep().await, 1);
    assert_paid_once(app, &order).await;
}

/// A store with more open carts than its share of calls leaves the others theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w17_open_carts_past_the_budget_wait_for_their_turn() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.rate_limit_scale = 1.0;
    })
    .await;
    let (large, small) = (deaf_store(&app, "A").await, deaf_store(&app, "B").await);
    let mut orders = Vec::new();
    for _ in 0..16 {
        orders.push(paid_at_stripe(&app, &large).await);
    }
    let order = paid_at_stripe(&app, &small).await;
    app.clock.advance(INTERVAL);
    assert_eq!(app.sweep().await, 17);
    assert_paid_once(&app, &order).await;
    let paid = || async {
        let sql = "SELECT id FROM orders WHERE payment_status = 'paid'";
        app.database.raw(sql).await.unwrap().len()
    };
    let first = paid().await;
    assert!((11..17).contains(&first), "{first}");
    // The budget grows with real time.
    while paid().await < 17 {
        app.clock.advance(INTERVAL);
        app.sweep().await;
    }
    app.finish().await;
}
