//! Cards that shoppers let a store keep: kept, charged without them, and given up.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Flow, every_call, insist, jobs, pay, product, text};
use crate::harness::{ConnectedStore, Reply, TestApp, stories};
use crate::saved_cards;

stories!(
    r1_every_call_of_keeping_a_card,
    r1_every_call_of_charging_a_kept_card,
    r1_every_call_of_a_kept_card_whose_bank_asks,
    r1_every_call_of_giving_a_kept_card_up,
);

async fn r1_every_call_of_keeping_a_card(app: &TestApp) {
    every_call(app, Flow::Saved(Step::Keep), 4).await;
}

async fn r1_every_call_of_charging_a_kept_card(app: &TestApp) {
    every_call(app, Flow::Saved(Step::Charge("pm_card_visa")), 4).await;
}

async fn r1_every_call_of_a_kept_card_whose_bank_asks(app: &TestApp) {
    let step = Step::Charge("pm_card_authenticationRequired");
    every_call(app, Flow::Saved(step), 5).await;
}

async fn r1_every_call_of_giving_a_kept_card_up(app: &TestApp) {
    every_call(app, Flow::Saved(Step::GiveUp), 1).await;
}

/// What is done.
pub(super) enum Step {
    /// A shopper agrees, and pays.
    Keep,
    /// The merchant pays a cart with this card, which was kept; where the bank asks, the shopper pays the link.
    Charge(&'static str),
    /// The merchant gives a kept card up, and does not try again.
    GiveUp,
}

/// What was there before: the id of a kept card, where the flow needs one.
pub(super) async fn prepare(app: &TestApp, store: &ConnectedStore, flow: &Flow) -> String {
    match flow {
        Flow::Saved(Step::Charge(card)) => saved_cards::keep(app, store, card).await,
        Flow::Saved(Step::GiveUp) => saved_cards::keep(app, store, "pm_card_visa").await,
        _ => String::new(),
    }
}

/// Plays it; gives order and product.
pub(super) async fn run(
    app: &TestApp,
    store: &ConnectedStore,
    step: &Step,
    kept: &str,
) -> (String, String) {
    let product = product(app, store, 10).await;
    let order = match step {
        Step::Keep => keep(app, store, &product).await,
        Step::Charge(_) => charge(app, store, &product, kept).await,
        Step::GiveUp => {
            let path = format!("/api/v1/stores/{}/saved-payment-methods/{kept}", store.id);
            let call = app.http.request(Method::DELETE, &path);
            let reply = call.bearer(&store.api_key).send().await;
            assert!(
                [200, 504].contains(&reply.status.as_u16()),
                "{}",
                reply.text
            );
            newest_order(app, store).await
        }
    };
    (order, product)
}

async fn keep(app: &TestApp, store: &ConnectedStore, product: &str) -> String {
    let cart = app.cart_of(store, product, 1).await;
    let body = json!({ "cart_id": cart, "email": "shopper@example.com" });
    let order = insist(app, || app.store_post(store, "/orders", &body).send()).await;
    let (id, token) = (text(&order, "id"), text(&order, "order_token"));
    let body = json!({ "order_id": id, "save_payment_method": true });
    let intent = insist(app, || {
        app.store_post(store, "/payment-intents", &body)
            .bearer(&token)
            .send()
    });
    let intent = intent.await;
    assert_eq!(
        intent.json()["save_payment_method"],
        true,
        "{}",
        intent.text
    );
    pay(app, store, &text(&intent, "id")).await;
    id
}

async fn charge(app: &TestApp, store: &ConnectedStore, product: &str, kept: &str) -> String {
    let cart = app.cart_of(store, product, 1).await;
    let reply = insist(app, || saved_cards::charge(app, store, kept, &cart)).await;
    match reply.status.as_u16() {
        201 => text(&reply, "id"),
        402 => {
            pay_link(app, store, &reply).await;
            newest_order(app, store).await
        }
        _ => {
            // An earlier call has made the order.
            reply.expect_error(409, "cart_locked");
            newest_order(app, store).await
        }
    }
}

/// The shopper pays what the bank asks about, and closes the page.
async fn pay_link(app: &TestApp, store: &ConnectedStore, reply: &Reply) {
    let body = reply.json();
    assert_eq!(body["error"]["code"], "authentication_required", "{body}");
    let token = body["payment_url"].as_str().unwrap();
    let token = token.rsplit('/').next().unwrap();
    app.keep_token(token);
    let shown = insist(app, || app.show_link(token)).await;
    let secret = text(&shown, "client_secret");
    let intent = secret.split("_secret_").next().unwrap();
    app.pay(intent, "pm_card_visa").await;
    let kind = "payment_intent.amount_capturable_updated";
    app.hint(store, kind, intent).await;
    jobs(app).await;
}

async fn newest_order(app: &TestApp, store: &ConnectedStore) -> String {
    let list = app.store_get(store, "/orders?limit=1");
    let list = list.bearer(&store.api_key).send().await.expect(200);
    list["data"][0]["id"].as_str().unwrap().to_owned()
}

/// What is kept by our record and at Stripe.
pub(super) async fn facts(app: &TestApp, store: &ConnectedStore) -> Value {
    let customers = app.list_at_stripe(store, "customers?").await;
    let mut attached = 0;
    for customer in &customers {
        let id = customer["id"].as_str().unwrap();
        let list = format!("customers/{id}/payment_methods?");
        attached += app.list_at_stripe(store, &list).await.len();
    }
    let ours = saved_cards::saved(app, store, "shopper@example.com").await;
    json!({ "ours": ours.len(), "customers": customers.len(), "attached": attached })
}
