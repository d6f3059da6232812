//! W8: stories of a payment, their events in every order, one by one and all at once: always the same end.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    w8_paid,
    w8_paid_and_told_often,
    w8_refused_then_paid,
    w8_refused,
    w8_challenged_then_paid,
    w8_authorised,
    w8_captured,
    w8_authorisation_expired,
    w8_underpaid,
    w8_paid_in_another_currency,
    w8_paid_after_cancel,
);

pub(super) const SCENARIOS: &str = include_str!("../../vectors/stripe_events_scenarios.json");
pub(super) const THEIR_INTENT: &str = "pi_3mmpMFBI8YhtHon7m0ykbrVxj";

async fn w8_paid(app: &TestApp) {
    play(app, "pay", 6).await;
}

async fn w8_paid_and_told_often(app: &TestApp) {
    play(app, "duplicate_delivery", 6).await;
    play(app, "two_event_ids_same_fact", 2).await;
}

async fn w8_refused_then_paid(app: &TestApp) {
    play(app, "fail_then_success", 6).await;
}

async fn w8_refused(app: &TestApp) {
    play(app, "fail_only", 2).await;
}

async fn w8_challenged_then_paid(app: &TestApp) {
    play(app, "three_ds", 6).await;
}

async fn w8_authorised(app: &TestApp) {
    play(app, "authorize_only", 6).await;
}

async fn w8_captured(app: &TestApp) {
    play(app, "authorize_capture", 24).await;
}

async fn w8_authorisation_expired(app: &TestApp) {
    play(app, "authorization_expired", 6).await;
}

async fn w8_underpaid(app: &TestApp) {
    play(app, "underpaid", 1).await;
}

async fn w8_paid_in_another_currency(app: &TestApp) {
    play(app, "wrong_currency", 1).await;
}

async fn w8_paid_after_cancel(app: &TestApp) {
    play(app, "paid_after_cancel", 1).await;
}

/// Plays a story in every order of its events, twice: one event after another, and all of them at once.
async fn play(app: &TestApp, name: &str, orders_of_events: usize) {
    let scenarios: Vec<Value> = serde_json::from_str(SCENARIOS).unwrap();
    let scenario = scenarios
        .iter()
        .find(|scenario| scenario["name"] == name)
        .unwrap();
    let events = scenario["events"].as_array().unwrap();
    let store = app.connected_store("Coffee").await;
    let product = product_of(app, &store, scenario).await;
    let mut ends = BTreeSet::new();
    let permutations = permutations(events.len());
    assert_eq!(permutations.len(), orders_of_events);
    for (number, permutation) in permutations.iter().enumerate() {
        for at_once in [false, true] {
            let order = prepare(app, &store, &product, scenario).await;
            let suffix = format!("{number}{}", if at_once { "b" } else { "a" });
            let told: Vec<Value> = permutation
                .iter()
                .map(|&index| aimed_at(&events[index], &order, &suffix))
                .collect();
            if at_once {
                tell_at_once(app, &store, &told).await;
            } else {
                tell_in_turn(app, &store, &told).await;
            }
            ends.insert(end(app, &store, &order, scenario).await.to_string());
        }
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    let open = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(open.is_empty(), "{open:?}");
}

/// What the story sells.
pub(super) async fn product_of(app: &TestApp, store: &ConnectedStore, scenario: &Value) -> String {
    let amount = &scenario["order"]["amount"];
    let product = json!({ "name": "Coffee", "unit_amount": amount, "currency": "eur" });
    app.create_product(store, product).await
}

/// An order of the story's amount, and Stripe's last word on it.
pub(super) async fn prepare(
    app: &TestApp,
    store: &ConnectedStore,
    product: &str,
    scenario: &Value,
) -> PaidOrder {
    let cart = app.cart_of(store, product, 1).await;
    let placed = app.order_cart(store, &cart).await.expect(201);
    let token = placed["order_token"].as_str().unwrap();
    let body = json!({ "order_id": placed["id"] });
    let intent = app
        .store_post(store, "/payment-intents", &body)
        .bearer(token)
        .send()
        .await
        .expect(201);
    let [id, intent] =
        [&placed["id"], &intent["id"]].map(|value| value.as_str().unwrap().to_owned());
    say(
        app,
        &intent,
        &scenario["stripe_final_objects"][THEIR_INTENT],
    )
    .await;
    if scenario["name"] == "paid_after_cancel" {
        let sql = format!("UPDATE orders SET status = 'cancelled' WHERE id = '{id}'");
        app.database.raw(&sql).await.unwrap();
    }
    PaidOrder {
        id,
        token: token.to_owned(),
        intent,
    }
}

/// What Stripe answers from now on to who asks for the payment.
pub(super) async fn say(app: &TestApp, intent: &str, object: &Value) {
    let mut object = object.as_object().unwrap().clone();
    // Whose it is stays as it is; all else is the story's.
    object.retain(|field, _| !matches!(field.as_str(), "id" | "metadata" | "client_secret"));
    let path = format!("/payment_intents/{intent}");
    app.control(Method::POST, &path, Value::Object(object))
        .await;
}

/// The same event about our payment, under an id that only this round uses.
pub(super) fn aimed_at(event: &Value, order: &PaidOrder, suffix: &str) -> Value {
    let mut event: Value =
        serde_json::from_str(&event.to_string().replace(THEIR_INTENT, &order.intent)).unwrap();
    event["id"] = json!(format!("{}{suffix}", event["id"].as_str().unwrap()));
    event
}

async fn tell_in_turn(app: &TestApp, store: &ConnectedStore, events: &[Value]) {
    for event in events {
        app.post_event(store, event).await.expect(200);
        app.run_work().await;
    }
}

async fn tell_at_once(app: &TestApp, store: &ConnectedStore, events: &[Value]) {
    let twice = events.iter().chain(events);
    for reply in join_all(twice.map(|event| app.post_event(store, event))).await {
        reply.expect(200);
    }
    join_all((0..8).map(|_| app.run_work())).await;
    // What collided is tried again.
    app.wait_s(300);
    app.run_work().await;
}

/// Where the story ended, which is where it had to.
pub(super) async fn end(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    scenario: &Value,
) -> Value {
    let expected = &scenario["expected"];
    let (_, recorded) = app.recorded(&order.id).await;
    let seen = app.order(store, &order.id).await;
    assert_eq!(seen["payment_status"], recorded, "the look changed it");
    let is = |field: &str| expected[field] == true;
    let payment_status = match () {
        () if is("order_paid") => "paid",
        () if is("authorized_not_captured") => "authorized",
        () if expected["last_decline_code"].is_string() => "failed",
        () => "unpaid",
    };
    assert_eq!(seen["payment_status"], payment_status, "{seen}");
    let times_paid = app.times_paid(&order.id).await;
    assert_eq!(json!(times_paid), expected["confirm_effects"]);
    let codes: Vec<&Value> = seen["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["code"])
        // Told to whoever had confirmed the order for what was held; whether that was seen depends on the order of events.
        .filter(|code| **code != "authorization_expired")
        .collect();
    assert_eq!(!codes.is_empty(), is("needs_manual_review"), "{seen}");
    assert_eq!(
        seen["last_payment_error"]["decline_code"],
        expected["last_decline_code"]
    );
    json!([
        seen["status"],
        seen["payment_status"],
        seen["last_payment_error"],
        codes,
        times_paid
    ])
}

/// Every order of `count` things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for shorter in permutations(last) {
        for position in 0..count {
            let mut longer = shorter.clone();
            longer.insert(position, last);
            all.push(longer);
        }
    }
    all
}
