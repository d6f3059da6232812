//! Stripe is down or slow: the event stays, is tried again later, and in the end a person is asked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, logged, stories};

stories!(
    r1_an_event_is_tried_again_when_stripe_fails,
    r1_an_event_is_tried_again_when_stripe_is_silent,
    w17_one_stores_failures_do_not_hold_up_another,
    an_event_is_parked_after_the_last_attempt,
);

/// How often the gateway looks at an event.
const MAX_ATTEMPTS: u32 = 60;
/// How often one look asks Stripe.
const TRIES: u32 = 3;

async fn r1_an_event_is_tried_again_when_stripe_fails(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (kind, code) in [
        ("500", "stripe_error"),
        ("reset", "stripe_error"),
        ("html_502", "stripe_error"),
        ("truncated_200", "stripe_error"),
        ("429", "stripe_rate_limited"),
    ] {
        let order = app.place_order(&store).await;
        app.pay(&order.intent, "pm_card_visa").await;
        fail(app, &store, kind, TRIES).await;
        let event = app
            .hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        app.run_work().await;
        let row = app.inbox(&event).await.unwrap();
        assert_eq!(
            (row.outcome(), row.attempts),
            (("received", Some(code)), 1),
            "{kind}"
        );
        assert_eq!(app.recorded(&order.id).await.1, "unpaid");
        app.control(Method::DELETE, "/faults", Value::Null).await;
        // Not before its time …
        app.run_work().await;
        assert_eq!(app.inbox(&event).await.unwrap().attempts, 1, "{kind}");
        // … which is a second at most after the first attempt.
        app.wait_s(1);
        app.run_work().await;
        let row = app.inbox(&event).await.unwrap();
        assert_eq!(
            (row.outcome(), row.attempts),
            (("processed", None), 2),
            "{kind}"
        );
        assert_eq!(app.times_paid(&order.id).await, 1);
    }
}

async fn r1_an_event_is_tried_again_when_stripe_is_silent(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    fail(app, &store, "after_effect_timeout", 1).await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!(
        (row.outcome(), row.attempts),
        (("received", Some("stripe_timeout")), 1)
    );
    app.wait_s(1);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w17_one_stores_failures_do_not_hold_up_another(app: &TestApp) {
    let (broken, stuck) = paid_at_stripe(app).await;
    let (healthy, fine) = paid_at_stripe(app).await;
    fail(app, &broken, "500", 1000).await;
    for _ in 0..40 {
        app.hint(&broken, "payment_intent.succeeded", &stuck.intent)
            .await;
    }
    app.hint(&healthy, "payment_intent.succeeded", &fine.intent)
        .await;
    app.run_work().await;
    assert_eq!(
        (
            app.times_paid(&stuck.id).await,
            app.times_paid(&fine.id).await
        ),
        (0, 1)
    );
}

async fn an_event_is_parked_after_the_last_attempt(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    fail(app, &store, "500", 1000).await;
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    for attempt in 1..=MAX_ATTEMPTS {
        let row = app.inbox(&event).await.unwrap();
        assert_eq!(
            (row.state.as_str(), row.attempts),
            ("received", attempt - 1)
        );
        app.run_work().await;
        // The longest wait between two attempts.
        app.wait_s(3600);
    }
    let parked = app.inbox(&event).await.unwrap();
    assert_eq!(
        (parked.outcome(), parked.attempts),
        (("parked", Some("stripe_error")), MAX_ATTEMPTS)
    );
    assert!(logged(&["ERROR", "parked", &event]));
    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.wait_s(24 * 3600);
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap(), parked);
    // The payment is not lost with its event: the next look finds it.
    let path = format!("/payments/{}", order.intent);
    let payment = app
        .store_get(&store, &path)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn paid_at_stripe(app: &TestApp) -> (ConnectedStore, PaidOrder) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    (store, order)
}

async fn fail(app: &TestApp, store: &ConnectedStore, kind: &str, times: u32) {
    let account = &store.keys.account_id;
    let fault = json!({ "path_prefix": "/v1/payment_intents/", "account": account, "kind": kind, "times": times });
    app.fault(fault).await;
}
