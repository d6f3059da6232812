//! W18: webhooks that never come.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use super::{INTERVAL, assert_paid_once, deaf_store, paid_at_stripe};
use crate::harness::{TestApp, stories};

stories!(
    w18_every_order_equals_its_payment_without_any_webhook,
    w18_a_day_without_webhooks_is_made_good_in_one_run,
    w18_an_account_is_listed_within_one_interval_of_the_last,
    w18_webhook_and_list_have_one_effect,
    w18_connecting_again_after_an_outage_finds_what_it_missed,
    c7_a_replaced_accounts_payments_are_found,
    w10_events_of_others_payments_are_known_and_ignored,
);

async fn w18_every_order_equals_its_payment_without_any_webhook(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let mut paid = Vec::new();
    for _ in 0..3 {
        paid.push(paid_at_stripe(app, &store).await);
    }
    let declined = app.place_order(&store).await;
    app.pay(&declined.intent, "pm_card_visa_chargeDeclined")
        .await;
    let mended = app.place_order(&store).await;
    app.pay(&mended.intent, "pm_card_visa_chargeDeclined").await;
    app.pay(&mended.intent, "pm_card_visa").await;
    let canceled = app.place_order(&store).await;
    let path = format!("/payment_intents/{}/cancel", canceled.intent);
    app.control(Method::POST, &path, json!({})).await;
    let waiting = app.place_order(&store).await;
    let cart = app.create_cart(&store).await;
    let held = app.prepaid(&store, &cart).await;
    app.control(Method::POST, "/deliveries/settle", json!(null))
        .await;
    assert_eq!(app.count("stripe_events").await, 0, "a webhook arrived");

    assert_eq!(app.reconcile_later().await, 1);
    for order in paid.iter().chain([&mended]) {
        assert_paid_once(app, order).await;
    }
    for (order, payment_status) in [
        (&declined, "failed"),
        (&canceled, "unpaid"),
        (&waiting, "unpaid"),
    ] {
        let state = app.recorded(&order.id).await;
        assert_eq!(state, ("pending".to_owned(), payment_status.to_owned()));
    }
    for (intent, status) in [
        (&held, "authorized"),
        (&canceled.intent, "canceled"),
        (&declined.intent, "open"),
        (&mended.intent, "succeeded"),
    ] {
        let sql = format!("SELECT status FROM payments WHERE payment_intent_id = '{intent}'");
        let rows = app.database.raw(&sql).await.unwrap();
        assert_eq!(rows[0][0].as_deref(), Some(status), "{intent}");
    }
    let found = app.inbox_where("source = 'reconcile'").await;
    assert_eq!(found.len() as u64, app.count("stripe_events").await);
    let unpaid = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(unpaid.is_empty(), "{unpaid:?}");
}

async fn w18_a_day_without_webhooks_is_made_good_in_one_run(app: &TestApp) {
    let stores = [deaf_store(app, "A").await, deaf_store(app, "B").await];
    app.reconcile().await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        app.clock.advance(SignedDuration::from_hours(3));
        for store in &stores {
            orders.push(paid_at_stripe(app, store).await);
        }
    }
    assert_eq!(app.reconcile().await, 2);
    for order in &orders {
        assert_paid_once(app, order).await;
    }
    for store in &stores {
        assert_eq!(app.lists(store).await.len(), 2, "a page each is enough");
    }
}

async fn w18_an_account_is_listed_within_one_interval_of_the_last(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    assert_eq!(app.reconcile().await, 1, "at once after connecting");
    assert_eq!(app.reconcile().await, 0, "not due yet");
    for _ in 0..5 {
        let order = paid_at_stripe(app, &store).await;
        assert_eq!(app.reconcile_later().await, 1);
        assert_paid_once(app, &order).await;
        let half = SignedDuration::from_secs(INTERVAL.as_secs() / 2);
        app.clock.advance(half);
        app.reconcile().await;
    }
}

async fn w18_webhook_and_list_have_one_effect(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (first, second) = (
        paid_at_stripe(app, &store).await,
        paid_at_stripe(app, &store).await,
    );
    // Found in the list, then delivered all the same, twice.
    app.reconcile_later().await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    // Delivered, then listed.
    let third = paid_at_stripe(app, &store).await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.reconcile_later().await;
    // At the same time.
    let fourth = paid_at_stripe(app, &store).await;
    app.clock.advance(INTERVAL);
    tokio::join!(
        app.deliver(&store, "payment_intent.succeeded", 3),
        app.reconcile()
    );
    app.run_work().await;
    for order in [&first, &second, &third, &fourth] {
        assert_paid_once(app, order).await;
        let rows = app
            .inbox_where(&format!("object_id = '{}'", order.intent))
            .await;
        assert_eq!(rows.len(), 1, "{rows:?}");
    }
}

async fn w18_connecting_again_after_an_outage_finds_what_it_missed(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let early = paid_at_stripe(app, &store).await;
    app.clock.advance(SignedDuration::from_hours(5 * 24));
    // The keys are entered again, and nobody has listed anything meanwhile.
    app.connect(&store.id, &store.keys, None).await;
    assert_eq!(app.reconcile().await, 1);
    assert_paid_once(app, &early).await;
}

async fn c7_a_replaced_accounts_payments_are_found(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = app.place_order(&store).await;
    let other = crate::harness::Keys::fake();
    app.create_account(&other).await;
    app.connect(&store.id, &other, None).await;
    app.reconcile().await;
    app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(app.reconcile_later().await, 2, "both accounts");
    assert_paid_once(app, &order).await;
    // Less and less, and then no more.
    app.clock.advance(SignedDuration::from_hours(49));
    app.reconcile().await;
    let before = app.lists(&store).await.len();
    for _ in 0..12 {
        app.reconcile_later().await;
    }
    let listed = app.lists(&store).await.len();
    assert_eq!(listed - before, 1, "in an hour");
    app.clock.advance(SignedDuration::from_hours(31 * 24));
    app.reconcile().await;
    assert_eq!(app.lists(&store).await.len(), listed);
}

async fn w10_events_of_others_payments_are_known_and_ignored(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    super::foreign_payments(app, &store, 3).await;
    let order = paid_at_stripe(app, &store).await;
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
    let ignored = app
        .inbox_where("state = 'ignored' AND last_error = 'payment_unknown'")
        .await;
    assert_eq!(ignored.len(), 3);
}
