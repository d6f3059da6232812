//! Checkout sessions that subscribe, and those that only keep a card.

use serde_json::{Value, json};

use crate::checkout_create::session;
use crate::harness::{ALICE, Reply, Stripe, start};

const CLUB: &str = "mode=subscription&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=900&line_items[0][price_data][recurring][interval]=month&line_items[0][price_data][product_data][name]=Club";

async fn pay(stripe: &Stripe, session: &Reply, body: Value) -> Reply {
    let path = format!("/checkout/sessions/{}/pay", session.id());
    stripe.control("POST", &path, body).await
}

async fn subscription(stripe: &Stripe, session: &Value) -> Value {
    let id = session["subscription"].as_str().unwrap();
    stripe
        .get(ALICE, &format!("/v1/subscriptions/{id}"))
        .await
        .body
}

#[actix_web::test]
async fn a_subscription_is_made_paid_and_told() {
    let stripe = start().await;
    let fee = "line_items[1][quantity]=1&line_items[1][price_data][currency]=eur&line_items[1][price_data][unit_amount]=500&line_items[1][price_data][product_data][name]=Fee&subscription_data[metadata][plan]=club";
    let made = session(&stripe, &format!("{CLUB}&{fee}")).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["amount_total"], 2300);
    let done = pay(&stripe, &made, json!({ "email": "ann@shop.example" })).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.body["status"], "complete");
    assert_eq!(done.body["payment_status"], "paid");
    assert_eq!(done.body["payment_intent"], json!(null));
    let subscription = subscription(&stripe, &done.body).await;
    assert_eq!(subscription["status"], "active", "{subscription}");
    assert_eq!(subscription["metadata"]["plan"], "club");
    assert_eq!(subscription["customer"], done.body["customer"]);
    assert!(subscription["default_payment_method"].is_string());
    let invoice = done.body["invoice"].as_str().unwrap();
    let invoice = stripe.get(ALICE, &format!("/v1/invoices/{invoice}")).await;
    assert_eq!(invoice.body["status"], "paid");
    assert_eq!(invoice.body["amount_paid"], 2300);
    let told = stripe.event_types(ALICE).await;
    let place = |kind: &str| told.iter().position(|told| told == kind).unwrap();
    assert!(place("customer.created") < place("customer.subscription.created"));
    assert!(place("invoice.paid") < place("checkout.session.completed"));
}

#[actix_web::test]
async fn a_decline_is_tried_again_with_the_same_subscription() {
    let stripe = start().await;
    let made = session(&stripe, CLUB).await;
    let declined = pay(
        &stripe,
        &made,
        json!({ "payment_method": "pm_card_chargeCustomerFail" }),
    )
    .await;
    assert_eq!(declined.body["status"], "open", "{}", declined.body);
    let done = pay(&stripe, &made, json!({})).await;
    assert_eq!(done.body["payment_status"], "paid", "{}", done.body);
    let all = stripe.get(ALICE, "/v1/subscriptions?status=all").await;
    assert_eq!(all.body["data"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn a_trial_begins_without_payment_and_keeps_the_card() {
    let stripe = start().await;
    let made = session(
        &stripe,
        &format!("{CLUB}&subscription_data[trial_period_days]=7"),
    )
    .await;
    let done = pay(&stripe, &made, json!({})).await;
    assert_eq!(
        done.body["payment_status"], "no_payment_required",
        "{}",
        done.body
    );
    let subscription = subscription(&stripe, &done.body).await;
    assert_eq!(subscription["status"], "trialing");
    assert!(subscription["default_payment_method"].is_string());
}

#[actix_web::test]
async fn a_set_up_keeps_the_card_for_the_customer() {
    let stripe = start().await;
    let customer = stripe.post(ALICE, "/v1/customers", "name=Ann").await;
    let more = format!(
        "mode=setup&currency=eur&customer={}&setup_intent_data[metadata][a]=1",
        customer.id()
    );
    let made = session(&stripe, &more).await;
    assert_eq!(
        made.body["payment_status"], "no_payment_required",
        "{}",
        made.body
    );
    let done = pay(&stripe, &made, json!({})).await;
    assert_eq!(done.body["status"], "complete", "{}", done.body);
    let intent = done.body["setup_intent"].as_str().unwrap();
    let intent = stripe
        .get(ALICE, &format!("/v1/setup_intents/{intent}"))
        .await;
    assert_eq!(intent.body["status"], "succeeded");
    assert_eq!(intent.body["metadata"]["a"], "1");
    let cards = stripe
        .get(
            ALICE,
            &format!("/v1/customers/{}/payment_methods", customer.id()),
        )
        .await;
    assert_eq!(cards.body["data"].as_array().map(Vec::len), Some(1));
}
