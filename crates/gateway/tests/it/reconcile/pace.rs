//! How often Stripe is asked.

use std::time::Duration;

use jiff::SignedDuration;
use test_database::TestDatabase;

use super::{assert_paid_once, deaf_store, foreign_payments, paid_at_stripe};
use crate::harness::TestApp;

/// As where Stripe cannot reach a developer's machine.
async fn quick_app() -> TestApp {
    TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.reconcile_interval_setting = Some(SignedDuration::from_secs(4));
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w18_the_quick_pace_is_for_payments_that_wait() {
    let app = quick_app().await;
    let store = deaf_store(&app, "Coffee").await;
    app.reconcile().await;
    for _ in 0..60 {
        app.wait_s(4);
        app.reconcile().await;
    }
    assert_eq!(app.lists(&store).await.len(), 1, "nobody pays anything");
    let order = paid_at_stripe(&app, &store).await;
    app.wait_s(4);
    assert_eq!(app.reconcile().await, 1);
    assert_paid_once(&app, &order).await;
    let listed = app.lists(&store).await.len();
    for _ in 0..150 {
        app.wait_s(4);
        app.reconcile().await;
    }
    let usual = app.lists(&store).await.len() - listed;
    assert!((1..=2).contains(&usual), "ten minutes: {usual}");
    // A cart that was left is soon no reason for it.
    app.place_order(&store).await;
    app.wait_s(3600);
    app.reconcile().await;
    let listed = app.lists(&store).await.len();
    for _ in 0..30 {
        app.wait_s(4);
        app.reconcile().await;
    }
    assert_eq!(app.lists(&store).await.len(), listed);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w18_a_long_pass_leaves_shoppers_their_share_of_calls() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.rate_limit_scale = 1.0;
    })
    .await;
    let store = deaf_store(&app, "Coffee").await;
    foreign_payments(&app, &store, 110).await;
    // What it may do at once after a rest is used up.
    while app.app.rate_limits.may_ask(&store.keys.account_id) {}
    let started = tokio::time::Instant::now();
    app.reconcile().await;
    assert!(started.elapsed() > Duration::from_millis(300), "two pages");
    assert_eq!(app.lists(&store).await.len(), 2);
    assert_eq!(
        app.count("stripe_events").await,
        111,
        "and the proof of the connection"
    );
    app.finish().await;
}
