//! R1: each flow is played once to see which calls to Stripe it makes, then once for each of them with the answer of that call
//! lost after its effect. Nothing happens twice at Stripe, and the record ends where it would have, without a person: shoppers
//! press the button again when they are told so, what a merchant asked for is finished by the jobs.

mod saved;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};
use crate::orders::money::{act, due};

stories!(
    r1_every_call_of_ordering_first,
    r1_every_call_of_paying_first,
    r1_every_call_of_a_capture,
    r1_every_call_of_a_part_s_capture,
    r1_every_call_of_a_capture_by_status,
    r1_every_call_of_a_cancellation,
    r1_every_call_of_a_cancellation_with_refund,
    r1_every_call_of_a_refund,
    r1_every_call_of_a_part_s_refund,
    r1_every_call_of_a_checkout_that_fails,
    r1_every_call_of_a_cart_that_changes,
    r1_every_call_of_paying_another_way,
);

async fn r1_every_call_of_ordering_first(app: &TestApp) {
    every_call(app, Flow::OrderFirst, 2).await;
}

async fn r1_every_call_of_paying_first(app: &TestApp) {
    every_call(app, Flow::PayFirst, 4).await;
}

async fn r1_every_call_of_a_capture(app: &TestApp) {
    every_call(app, Flow::Merchant("capture", json!({})), 3).await;
}

async fn r1_every_call_of_a_part_s_capture(app: &TestApp) {
    every_call(app, Flow::Merchant("capture", json!({ "amount": 500 })), 3).await;
}

async fn r1_every_call_of_a_capture_by_status(app: &TestApp) {
    every_call(
        app,
        Flow::Merchant("status", json!({ "status": "completed" })),
        3,
    )
    .await;
}

async fn r1_every_call_of_a_cancellation(app: &TestApp) {
    every_call(app, Flow::Merchant("cancel", json!({})), 3).await;
}

async fn r1_every_call_of_a_cancellation_with_refund(app: &TestApp) {
    every_call(
        app,
        Flow::MerchantPaid("cancel", json!({ "refund": true })),
        4,
    )
    .await;
}

async fn r1_every_call_of_a_refund(app: &TestApp) {
    every_call(app, Flow::MerchantPaid("refunds", json!({})), 4).await;
}

async fn r1_every_call_of_a_part_s_refund(app: &TestApp) {
    every_call(
        app,
        Flow::MerchantPaid("refunds", json!({ "amount": 300 })),
        4,
    )
    .await;
}

async fn r1_every_call_of_a_checkout_that_fails(app: &TestApp) {
    every_call(app, Flow::SoldOut, 3).await;
}

async fn r1_every_call_of_a_cart_that_changes(app: &TestApp) {
    every_call(app, Flow::CartChanges, 3).await;
}

async fn r1_every_call_of_paying_another_way(app: &TestApp) {
    every_call(app, Flow::OrderInstead, 2).await;
}

/// What somebody does from beginning to end.
enum Flow {
    /// Order, payment, webhook.
    OrderFirst,
    /// Payment, a changed cart, payment of the new total, order, capture.
    PayFirst,
    /// The merchant does this with an order whose money is held.
    Merchant(&'static str, Value),
    /// The merchant does this with an order whose money was taken.
    MerchantPaid(&'static str, Value),
    /// What was paid first is sold out: the money is given free.
    SoldOut,
    /// An unpaid order whose cart changes is withdrawn.
    CartChanges,
    /// A cart that was to be paid first is ordered first instead.
    OrderInstead,
    /// A shopper lets the store keep a card, or the merchant does something with one that is kept.
    Saved(saved::Step),
}

/// Plays the flow without faults, then with each of its calls lost. It makes at least so many calls.
async fn every_call(app: &TestApp, flow: Flow, at_least: usize) {
    let (_, wanted) = play(app, &flow, None).await;
    let calls = {
        let store = store(app).await;
        let kept = saved::prepare(app, &store, &flow).await;
        app.control(Method::DELETE, "/requests", json!({})).await;
        run(app, &store, &flow, &kept).await;
        app.stripe_requests().await
    };
    assert!(calls.len() >= at_least, "{calls:?}");
    for (number, call) in calls.iter().enumerate() {
        // Each timeout is waited for; for what has no effect a connection that is cut is as good.
        let kind = if call["method"] == "GET" {
            "after_effect_reset"
        } else {
            "after_effect_timeout"
        };
        let (met, ends) = play(app, &flow, Some((number, kind))).await;
        let told = format!("call {number}, {} {}: {kind}", call["method"], call["path"]);
        assert_eq!(ends, wanted, "{told}");
        assert_eq!(met, 1, "{told} did not come");
    }
}

/// A store of its own plays the flow. Gives how often the fault was met, and where it ended.
async fn play(app: &TestApp, flow: &Flow, fault: Option<(usize, &str)>) -> (u64, Value) {
    let store = store(app).await;
    let kept = saved::prepare(app, &store, flow).await;
    if let Some((skip, kind)) = fault {
        let account = &store.keys.account_id;
        let fault = json!({ "account": account, "kind": kind, "skip": skip, "times": 1 });
        app.fault(fault).await;
    }
    let (order, product) = run(app, &store, flow, &kept).await;
    let faults = app.control(Method::GET, "/faults", json!({})).await;
    let met = faults["faults"][0]["met"].as_u64().unwrap_or(0);
    app.control(Method::DELETE, "/faults", json!({})).await;
    // A last look, and nothing is left to do.
    jobs(app).await;
    assert_eq!(due(app).await, 0, "{fault:?}");
    (met, facts(app, &store, &order, &product).await)
}

async fn store(app: &TestApp) -> ConnectedStore {
    app.connected_store("Coffee").await
}

async fn capture_late(app: &TestApp, store: &ConnectedStore) {
    let path = format!("/stores/{}", store.id);
    let change = json!({ "capture_on": "completed" });
    app.internal(Method::PATCH, &path, &change)
        .await
        .expect(200);
}

/// Where everything stands, at Stripe and with us, without ids and times.
async fn facts(app: &TestApp, store: &ConnectedStore, order: &str, product: &str) -> Value {
    let (mut payments, mut refunds) = (Vec::new(), Vec::new());
    for intent in app.intents_at_stripe(store).await {
        let id = intent["id"].as_str().unwrap();
        for refund in app.of_payment_at_stripe(store, "refunds", id).await {
            refunds.push(json!([refund["amount"], refund["status"]]));
        }
        if intent["status"] != "canceled" {
            payments.push(json!([
                intent["status"],
                intent["amount"],
                intent["amount_received"]
            ]));
        }
    }
    let seen = app.order(store, order).await;
    let fields = [
        "status",
        "payment_status",
        "amount_captured",
        "amount_refunded",
        "attention",
    ];
    json!({
        "payments": payments, "refunds": refunds, "order": fields.map(|field| seen[field].clone()),
        "stock": app.stock(store, product).await, "times_paid": app.times_paid(order).await,
        "kept": saved::facts(app, store).await,
    })
}

/// Time passes, and the jobs do what is due.
async fn jobs(app: &TestApp) {
    for _ in 0..3 {
        app.wait_s(61);
        app.run_actions().await;
        app.run_links().await;
        while gateway::work::refunds::run_once(&app.app).await.unwrap() > 0 {}
        app.run_work().await;
    }
}

/// A shopper who is told that something went wrong on our side tries again.
async fn insist<F: Future<Output = Reply>>(app: &TestApp, call: impl Fn() -> F) -> Reply {
    for _ in 0..5 {
        let reply = call().await;
        if !reply.status.is_server_error() {
            return reply;
        }
        jobs(app).await;
    }
    panic!("it never went well");
}

fn text(reply: &Reply, field: &str) -> String {
    assert!(reply.status.is_success(), "{}", reply.text);
    reply.json()[field].as_str().unwrap().to_owned()
}

async fn product(app: &TestApp, store: &ConnectedStore, stock: u32) -> String {
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": stock });
    app.create_product(store, fields).await
}

/// The payment of a cart before there is an order.
async fn prepay(app: &TestApp, store: &ConnectedStore, cart: &str) -> String {
    let token = app.open_checkout(store, cart).await;
    let reply = insist(app, || app.prepay(store, cart, &token)).await;
    text(&reply, "id")
}

/// Pays first and orders then; gives order and product.
async fn held(app: &TestApp, store: &ConnectedStore) -> (String, String) {
    capture_late(app, store).await;
    let product = product(app, store, 10).await;
    let cart = app.cart_of(store, &product, 1).await;
    let intent = prepay(app, store, &cart).await;
    app.pay(&intent, "pm_card_visa").await;
    let order = insist(app, || app.order_prepaid(store, &cart, &intent)).await;
    (text(&order, "id"), product)
}

/// An unpaid order and its payment; gives both, and the product.
async fn ordered(app: &TestApp, store: &ConnectedStore, cart: &str) -> (String, String) {
    let order = insist(app, || app.order_cart(store, cart)).await;
    let (id, token) = (text(&order, "id"), text(&order, "order_token"));
    let body = json!({ "order_id": id });
    let intent = insist(app, || {
        app.store_post(store, "/payment-intents", &body)
            .bearer(&token)
            .send()
    });
    let intent = intent.await;
    (id, text(&intent, "id"))
}

async fn run(app: &TestApp, store: &ConnectedStore, flow: &Flow, kept: &str) -> (String, String) {
    match flow {
        Flow::Saved(step) => saved::run(app, store, step, kept).await,
        Flow::OrderFirst => {
            let product = product(app, store, 10).await;
            let cart = app.cart_of(store, &product, 1).await;
            let (order, intent) = ordered(app, store, &cart).await;
            pay(app, store, &intent).await;
            (order, product)
        }
        Flow::PayFirst => {
            let product = product(app, store, 10).await;
            let cart = app.cart_of(store, &product, 1).await;
            prepay(app, store, &cart).await;
            app.change_cart(store, &cart, &product, 2).await.expect(200);
            let intent = prepay(app, store, &cart).await;
            app.pay(&intent, "pm_card_visa").await;
            let order = insist(app, || app.order_prepaid(store, &cart, &intent)).await;
            jobs(app).await;
            (text(&order, "id"), product)
        }
        Flow::Merchant(action, body) => {
            let (order, product) = held(app, store).await;
            act(app, store, &order, action, body.clone()).await;
            jobs(app).await;
            (order, product)
        }
        Flow::MerchantPaid(action, body) => {
            let (order, product) = held(app, store).await;
            act(app, store, &order, "capture", json!({})).await;
            jobs(app).await;
            act(app, store, &order, action, body.clone()).await;
            jobs(app).await;
            (order, product)
        }
        Flow::SoldOut => {
            let product = product(app, store, 1).await;
            let (slow, fast) = (
                app.cart_of(store, &product, 1).await,
                app.cart_of(store, &product, 1).await,
            );
            let intent = prepay(app, store, &slow).await;
            app.pay(&intent, "pm_card_visa").await;
            let order = app.order_cart(store, &fast).await.expect(201);
            let refused = insist(app, || app.order_prepaid(store, &slow, &intent)).await;
            refused.expect_error(422, "insufficient_stock");
            jobs(app).await;
            (order["id"].as_str().unwrap().to_owned(), product)
        }
        Flow::CartChanges => {
            let product = product(app, store, 10).await;
            let cart = app.cart_of(store, &product, 1).await;
            ordered(app, store, &cart).await;
            app.change_cart(store, &cart, &product, 2).await.expect(200);
            let (order, intent) = ordered(app, store, &cart).await;
            pay(app, store, &intent).await;
            (order, product)
        }
        Flow::OrderInstead => {
            let product = product(app, store, 10).await;
            let cart = app.cart_of(store, &product, 1).await;
            prepay(app, store, &cart).await;
            let (order, intent) = ordered(app, store, &cart).await;
            pay(app, store, &intent).await;
            (order, product)
        }
    }
}

/// The shopper pays, and Stripe tells.
async fn pay(app: &TestApp, store: &ConnectedStore, intent: &str) {
    app.pay(intent, "pm_card_visa").await;
    app.hint(store, "payment_intent.succeeded", intent).await;
    jobs(app).await;
}
