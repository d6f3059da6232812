//! Stripe refuses, limits or fails; several gateways do it at once.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_paid_once, deaf_store, paid_at_stripe};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    w18_failures_back_off_and_heal,
    w18_a_key_that_may_not_list_events_is_told,
    c8_a_refused_key_waits_until_the_store_reconnects,
    w18_a_store_that_fails_delays_no_other,
    w18_gateways_share_the_accounts,
    w18_a_run_that_lost_its_lease_moves_nothing,
);

async fn fail_lists(app: &TestApp, store: &ConnectedStore, kind: &str) {
    let account = &store.keys.account_id;
    let fault =
        json!({ "path_prefix": "/v1/events", "account": account, "probability": 1, "kind": kind });
    app.fault(fault).await;
}

async fn heal(app: &TestApp) {
    app.control(Method::DELETE, "/faults", Value::Null).await;
}

async fn w18_failures_back_off_and_heal(app: &TestApp) {
    for (kind, code) in [
        ("429", "stripe_rate_limited"),
        ("503", "stripe_error"),
        ("reset", "stripe_error"),
        ("html_502", "stripe_error"),
    ] {
        let store = deaf_store(app, "Coffee").await;
        app.reconcile().await;
        let order = paid_at_stripe(app, &store).await;
        fail_lists(app, &store, kind).await;
        app.reconcile_later().await;
        assert_eq!(app.job_error(&store).await.as_deref(), Some(code), "{kind}");
        let before = app.lists(&store).await.len();
        assert_eq!(app.reconcile().await, 0, "{kind}");
        // Two hours of it: rarely, but on and on.
        for _ in 0..24 {
            app.reconcile_later().await;
        }
        let calls = app.lists(&store).await.len() - before;
        // Each run repeats its call twice.
        assert!((3 * 8..=3 * 18).contains(&calls), "{kind}: {calls}");
        heal(app).await;
        app.wait_s(900);
        app.reconcile().await;
        assert_paid_once(app, &order).await;
        assert_eq!(app.job_error(&store).await, None, "{kind}");
    }
}

async fn w18_a_key_that_may_not_list_events_is_told(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    fail_lists(app, &store, "403").await;
    app.reconcile().await;
    app.wait_s(900);
    app.reconcile().await;
    assert_eq!(app.problems(&store).await, ["events_not_permitted"]);
    // It may do everything else: payments go on, and are looked at one by one.
    let order = paid_at_stripe(app, &store).await;
    app.wait_s(900);
    app.reconcile().await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    app.sweep().await;
    assert_paid_once(app, &order).await;
    heal(app).await;
    app.wait_s(900);
    app.reconcile().await;
    assert!(app.problems(&store).await.is_empty());
}

async fn c8_a_refused_key_waits_until_the_store_reconnects(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = paid_at_stripe(app, &store).await;
    fail_lists(app, &store, "401").await;
    app.reconcile_later().await;
    let path = format!("/stores/{}/stripe-status", store.id);
    let status = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    assert_eq!(status["modes"]["test"]["reconnect_needed"], true);
    let asked = app.lists(&store).await.len();
    app.clock.advance(SignedDuration::from_hours(1));
    app.reconcile().await;
    assert_eq!(
        app.lists(&store).await.len(),
        asked,
        "the key is not tried again"
    );
    heal(app).await;
    app.connect(&store.id, &store.keys, None).await;
    assert_eq!(app.reconcile().await, 1, "at once");
    assert_paid_once(app, &order).await;
}

async fn w18_a_store_that_fails_delays_no_other(app: &TestApp) {
    let mut stores = Vec::new();
    for name in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] {
        stores.push(deaf_store(app, name).await);
    }
    app.reconcile().await;
    let (hanging, fine) = stores.split_first().unwrap();
    let mut orders = Vec::new();
    for store in fine {
        orders.push(paid_at_stripe(app, store).await);
    }
    // Longer than we wait for Stripe in tests.
    let hang = json!({ "path_prefix": "/v1/", "account": hanging.keys.account_id, "probability": 1, "kind": { "latency_ms": 60_000 } });
    app.fault(hang).await;
    app.clock.advance(super::INTERVAL);
    let reconciling = gateway::work::reconcile::run_once(&app.app);
    let others_are_paid = async {
        for order in &orders {
            while app.times_paid(&order.id).await == 0 {
                app.run_work().await;
            }
        }
    };
    tokio::select! {
        biased;
        _ = reconciling => panic!("the one that hangs was waited for"),
        () = others_are_paid => {}
    }
    heal(app).await;
}

async fn w18_gateways_share_the_accounts(app: &TestApp) {
    let mut stores = Vec::new();
    for name in ["A", "B", "C", "D", "E", "F"] {
        stores.push(deaf_store(app, name).await);
    }
    let mut orders = Vec::new();
    for store in &stores {
        orders.push(paid_at_stripe(app, store).await);
    }
    let [a, b, c] = [(); 3].map(|()| gateway::work::reconcile::run_once(&app.app));
    let (a, b, c) = tokio::join!(a, b, c);
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 6);
    app.run_work().await;
    for (store, order) in stores.iter().zip(&orders) {
        assert_eq!(app.lists(store).await.len(), 1);
        assert_paid_once(app, order).await;
    }
}

async fn w18_a_run_that_lost_its_lease_moves_nothing(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = paid_at_stripe(app, &store).await;
    let slow = json!({ "path_prefix": "/v1/events", "account": store.keys.account_id, "kind": { "latency_ms": 1_000 } });
    app.fault(slow).await;
    app.clock.advance(super::INTERVAL);
    let late = gateway::work::reconcile::run_once(&app.app);
    let overtaking = async {
        while app.lists(&store).await.len() < 2 {
            tokio::task::yield_now().await;
        }
        // Its lease runs out while Stripe takes its time.
        app.wait_s(300);
        app.reconcile().await
    };
    let (late, overtaking) = tokio::join!(late, overtaking);
    assert_eq!((late.unwrap(), overtaking), (1, 1));
    app.run_work().await;
    assert_paid_once(app, &order).await;
    assert_eq!(app.job_error(&store).await, None);
    assert_eq!(app.reconcile_later().await, 1);
}
