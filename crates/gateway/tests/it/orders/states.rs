//! Brings an order into every state that it can have, by what merchants, shoppers and banks do.

use reqwest::Method;
use serde_json::{Value, json};

use super::money::act;
use crate::harness::{ConnectedStore, TestApp};

/// An order and what belongs to it.
pub struct Subject {
    pub id: String,
    pub token: String,
    pub cart: String,
    pub product: String,
    pub intent: Option<String>,
}

/// The states that no order can get into, and why.
pub const UNREACHABLE: &[(&str, &[&str], &str)] = &[
    (
        "pending",
        &[
            "authorized",
            "paid",
            "partially_refunded",
            "refunded",
            "disputed",
        ],
        "money confirms an order",
    ),
    (
        "completed",
        &["authorized"],
        "it is captured when it gets there, or tried until it is",
    ),
    (
        "cancelled",
        &["authorized"],
        "its payment is cancelled first",
    ),
];

/// An order in this state, such as `shipped/paid`; with `by hand ` before it one that is not paid through Stripe.
pub async fn order_in(app: &TestApp, store: &ConnectedStore, state: &str) -> Subject {
    let (by_hand, pair) = match state.strip_prefix("by hand ") {
        Some(pair) => (true, pair),
        None => (false, state),
    };
    let (status, money) = pair.split_once('/').unwrap();
    let subject = if by_hand {
        paid_by_hand(app, store, money).await
    } else {
        paid_through_stripe(app, store, money).await
    };
    let (now, _) = app.recorded(&subject.id).await;
    match status {
        "cancelled" => step(app, store, &subject, "cancel", json!({})).await,
        status if status == now => {}
        status => step(app, store, &subject, "status", json!({ "status": status })).await,
    }
    let (now, seen) = app.recorded(&subject.id).await;
    assert_eq!(format!("{now}/{seen}"), pair, "could not be reached");
    subject
}

async fn step(app: &TestApp, store: &ConnectedStore, subject: &Subject, path: &str, body: Value) {
    let reply = act(app, store, &subject.id, path, body).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.text);
}

async fn paid_through_stripe(app: &TestApp, store: &ConnectedStore, money: &str) -> Subject {
    let product = product(app, store).await;
    let cart = app.cart_of(store, &product, 1).await;
    if matches!(money, "unpaid" | "failed") {
        let order = app.order_cart(store, &cart).await.expect(201);
        let mut subject = subject(&order, cart, product);
        let body = json!({ "order_id": subject.id });
        let request = app
            .store_post(store, "/payment-intents", &body)
            .bearer(&subject.token);
        let intent = request.send().await.expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        if money == "failed" {
            app.pay(&intent, "pm_card_visa_chargeDeclined").await;
            app.hint(store, "payment_intent.payment_failed", &intent)
                .await;
            hear(app).await;
        }
        subject.intent = Some(intent);
        return subject;
    }
    let intent = app.prepaid(store, &cart).await;
    let order = app.order_prepaid(store, &cart, &intent).await.expect(201);
    let mut subject = subject(&order, cart, product);
    subject.intent = Some(intent.clone());
    if money == "authorized" {
        return subject;
    }
    step(app, store, &subject, "capture", json!({})).await;
    match money {
        "paid" => {}
        "partially_refunded" => {
            step(app, store, &subject, "refunds", json!({ "amount": 300 })).await;
        }
        "refunded" => step(app, store, &subject, "refunds", json!({})).await,
        "disputed" => {
            let charge = app.intent_at_stripe(store, &intent).await["latest_charge"].clone();
            let path = format!("/charges/{}/dispute", charge.as_str().unwrap());
            app.control(Method::POST, &path, json!({})).await;
            app.deliver(store, "charge.dispute.created", 1).await;
            hear(app).await;
        }
        other => panic!("no way to {other}"),
    }
    subject
}

/// Works through what Stripe has told; what a busy machine has put off as well.
async fn hear(app: &TestApp) {
    app.run_work().await;
    app.wait_s(60);
    app.run_work().await;
}

async fn paid_by_hand(app: &TestApp, store: &ConnectedStore, money: &str) -> Subject {
    let method = json!({ "name": "Bank transfer", "description": "IBAN DE00 EXAMPLE" });
    let request = app
        .store_post(store, "/payment-methods", &method)
        .bearer(&store.api_key);
    let method = request.send().await.expect(201)["id"].clone();
    let product = product(app, store).await;
    let cart = app.cart_of(store, &product, 1).await;
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(store, "/orders", &body)
        .send()
        .await
        .expect(201);
    let subject = subject(&order, cart, product);
    if money == "paid" {
        step(app, store, &subject, "mark-paid", json!({})).await;
    }
    subject
}

async fn product(app: &TestApp, store: &ConnectedStore) -> String {
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": 10 });
    app.create_product(store, fields).await
}

fn subject(order: &Value, cart: String, product: String) -> Subject {
    let text = |field: &str| order[field].as_str().unwrap().to_owned();
    Subject {
        id: text("id"),
        token: text("order_token"),
        cart,
        product,
        intent: None,
    }
}
