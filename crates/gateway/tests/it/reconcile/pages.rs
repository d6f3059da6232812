//! A pass over many pages: complete, cut short, disturbed.

use std::collections::HashSet;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_paid_once, deaf_store, foreign_payments, paid_at_stripe};
use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    w18_events_beyond_one_page_are_found,
    w18_a_pass_that_was_killed_goes_on_where_it_was,
    w18_events_that_show_up_late_are_found,
    w18_a_place_that_stripe_has_forgotten_begins_the_pass_anew,
    w11_events_of_the_other_mode_or_account_have_no_effect,
    w15_an_unreadable_event_hides_no_other,
    w18_a_page_that_cannot_be_read_is_listed_in_parts,
);

/// Lets one request for events through, and no other until the clock moves.
async fn allow_one_request(app: &TestApp, allow: bool) {
    let per_second = if allow { json!(1) } else { Value::Null };
    app.control(
        Method::POST,
        "/rate_limit",
        json!({ "per_second": per_second }),
    )
    .await;
}

async fn answer_lists_with(app: &TestApp, store: &ConnectedStore, events: &[Value]) {
    let body = json!({ "object": "list", "data": events, "has_more": false, "url": "/v1/events" });
    answer_lists_with_text(app, store, body.to_string()).await;
}

async fn answer_lists_with_text(app: &TestApp, store: &ConnectedStore, body: String) {
    let answer = json!({ "status": 200, "content_type": "application/json", "body": body });
    let fault = json!({ "path_prefix": "/v1/events", "account": store.keys.account_id, "kind": { "answer": answer } });
    app.fault(fault).await;
}

async fn w18_events_beyond_one_page_are_found(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = paid_at_stripe(app, &store).await;
    app.wait_s(1);
    foreign_payments(app, &store, 205).await;
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
    assert_eq!(
        app.count("stripe_events").await,
        207,
        "and the proof of the connection"
    );
    assert_eq!(app.lists(&store).await.len(), 1 + 3);
    // What was seen is not listed again, but for the overlap.
    app.clock.advance(SignedDuration::from_hours(1));
    foreign_payments(app, &store, 2).await;
    app.reconcile().await;
    assert_eq!(app.count("stripe_events").await, 209);
    app.reconcile_later().await;
    let last = app.lists(&store).await.pop().unwrap();
    let since = last["params"]["created"]["gte"].as_str().unwrap();
    let since: i64 = since.parse().unwrap();
    let ago_s = app.clock.now().as_second() - since;
    assert!(ago_s < 3600, "{ago_s}");
}

async fn w18_a_pass_that_was_killed_goes_on_where_it_was(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    app.wait_s(600);
    let order = paid_at_stripe(app, &store).await;
    foreign_payments(app, &store, 150).await;
    // The second page is refused.
    allow_one_request(app, true).await;
    app.reconcile().await;
    allow_one_request(app, false).await;
    assert_eq!(
        app.job_error(&store).await.as_deref(),
        Some("stripe_rate_limited")
    );
    assert_eq!(
        app.recorded(&order.id).await.1,
        "unpaid",
        "it is the oldest"
    );
    let [seen_until, pass_until, pass_after] = app.cursor().await;
    assert!(pass_until.is_some() && pass_until > seen_until);
    let before = app.lists(&store).await.len();

    // The next run is killed while it waits for Stripe.
    app.wait_s(900);
    let hang = json!({ "path_prefix": "/v1/events", "account": store.keys.account_id, "kind": { "latency_ms": 60_000 } });
    app.fault(hang).await;
    tokio::select! {
        _ = app.reconcile() => panic!("it did not hang"),
        () = until_met(app) => {}
    }
    app.control(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!(app.reconcile().await, 0, "its lease still runs");
    // Meanwhile something newer happens.
    let newer = paid_at_stripe(app, &store).await;
    app.wait_s(180);
    app.reconcile().await;
    let lists = app.lists(&store).await;
    let resumed = lists.last().unwrap();
    assert_eq!(
        resumed["params"]["starting_after"].as_str(),
        pass_after.as_deref()
    );
    assert!(lists.len() > before);
    assert_paid_once(app, &order).await;
    let [now_seen, pass_until_after, _] = app.cursor().await;
    assert_eq!((now_seen, pass_until_after), (pass_until, None));
    app.reconcile_later().await;
    assert_paid_once(app, &newer).await;
    assert_eq!(
        app.count("stripe_events").await,
        153,
        "and the proof of the connection"
    );
}

/// Until the sandbox has met a request with a fault.
async fn until_met(app: &TestApp) {
    loop {
        let faults = app.control(Method::GET, "/faults", json!({})).await;
        if faults["faults"]
            .as_array()
            .unwrap()
            .iter()
            .any(|fault| fault["met"] != 0)
        {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn w18_events_that_show_up_late_are_found(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let seen = paid_at_stripe(app, &store).await;
    app.reconcile_later().await;
    assert_paid_once(app, &seen).await;
    // Stripe shows an event that it made minutes before the newest that we have seen.
    let at = app.clock.now();
    app.set_clock(at - SignedDuration::from_mins(9));
    let late = paid_at_stripe(app, &store).await;
    app.set_clock(at);
    app.reconcile_later().await;
    assert_paid_once(app, &late).await;
}

async fn w18_a_place_that_stripe_has_forgotten_begins_the_pass_anew(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = paid_at_stripe(app, &store).await;
    let sql =
        "UPDATE reconcile_cursors SET pass_until = seen_until, pass_after = 'evt_FAKEforgotten'";
    app.database.raw(sql).await.unwrap();
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
    assert_eq!(app.cursor().await[2], None);
}

async fn w11_events_of_the_other_mode_or_account_have_no_effect(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = paid_at_stripe(app, &store).await;
    let about = json!({ "id": order.intent, "object": "payment_intent" });
    let mut live = event_of("payment_intent.succeeded", &about);
    live["livemode"] = json!(true);
    let mut connected = event_of("payment_intent.succeeded", &about);
    connected["account"] = json!("acct_FAKEother");
    answer_lists_with(app, &store, &[live.clone(), connected.clone()]).await;
    app.reconcile_later().await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    for (event, why) in [(live, "mode_mismatch"), (connected, "other_account")] {
        let row = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(row.outcome(), ("ignored", Some(why)));
    }
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
}

async fn w15_an_unreadable_event_hides_no_other(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    let order = paid_at_stripe(app, &store).await;
    let about = json!({ "id": order.intent, "object": "payment_intent" });
    let hostile = [
        json!({ "object": "event", "id": "evt_FAKEnothing" }),
        json!("evt"),
        event_of("payment_intent.succeeded", &about),
        json!(null),
    ];
    answer_lists_with(app, &store, &hostile).await;
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
    assert_eq!(app.job_error(&store).await, None);
}

/// As one that is larger than what we take.
async fn w18_a_page_that_cannot_be_read_is_listed_in_parts(app: &TestApp) {
    let store = deaf_store(app, "Coffee").await;
    app.reconcile().await;
    let order = paid_at_stripe(app, &store).await;
    answer_lists_with_text(app, &store, "{".to_owned()).await;
    app.reconcile_later().await;
    assert_paid_once(app, &order).await;
    let limits: HashSet<String> = app
        .lists(&store)
        .await
        .iter()
        .map(|list| list["params"]["limit"].to_string())
        .collect();
    assert_eq!(limits.len(), 2, "{limits:?}");
}
