//! A card is looked at again when its challenge ends.

use serde_json::json;

use super::pass_challenge;
use crate::harness::{ALICE, Reply, Stripe, start};

const BACK: &str = "return_url=https://shop.example/";

async fn card(stripe: &Stripe) -> String {
    let form = "type=card&card[token]=tok_authenticationRequired";
    let made = stripe.post(ALICE, "/v1/payment_methods", form).await;
    made.id().to_owned()
}

async fn customer(stripe: &Stripe) -> String {
    let made = stripe.post(ALICE, "/v1/customers", "").await;
    made.id().to_owned()
}

async fn asked(stripe: &Stripe, more: &str) -> Reply {
    let form = format!("confirm=true&{BACK}&{more}");
    let asked = stripe.payment(ALICE, &form).await;
    assert_eq!(asked.body["status"], "requires_action", "{}", asked.body);
    asked
}

async fn status(stripe: &Stripe, made: &Reply) -> serde_json::Value {
    let kind = made.body["object"].as_str().unwrap();
    let path = format!("/v1/{kind}s/{}", made.id());
    stripe.get(ALICE, &path).await.body["status"].clone()
}

#[actix_web::test]
async fn a_card_of_nobody_pays_once_also_with_two_challenges() {
    let stripe = start().await;
    let card = card(&stripe).await;
    let form = format!("payment_method={card}");
    let (one, two) = (asked(&stripe, &form).await, asked(&stripe, &form).await);
    pass_challenge(&stripe, &one.body).await;
    let late = pass_challenge(&stripe, &two.body).await;
    assert_eq!(late.body["paid"], false);
    assert_eq!(status(&stripe, &one).await, "succeeded");
    assert_eq!(status(&stripe, &two).await, "requires_payment_method");
    let charges = stripe.get(ALICE, "/v1/charges").await;
    assert_eq!(charges.body["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_card_that_was_taken_away_does_not_pay() {
    let stripe = start().await;
    let (card, customer) = (card(&stripe).await, customer(&stripe).await);
    let attach = format!("/v1/payment_methods/{card}/attach");
    let form = format!("customer={customer}");
    assert_eq!(stripe.post(ALICE, &attach, &form).await.status, 200);
    let asked = asked(&stripe, &format!("{form}&payment_method={card}")).await;
    let detach = format!("/v1/payment_methods/{card}/detach");
    assert_eq!(stripe.post(ALICE, &detach, "").await.status, 200);
    pass_challenge(&stripe, &asked.body).await;
    assert_eq!(status(&stripe, &asked).await, "requires_payment_method");
}

#[actix_web::test]
async fn a_card_that_became_another_customers_is_not_set_up() {
    let stripe = start().await;
    let card = card(&stripe).await;
    let (one, other) = (customer(&stripe).await, customer(&stripe).await);
    let form = format!(
        "allowed_payment_method_types[0]=card&confirm=true&{BACK}&customer={one}&payment_method={card}"
    );
    let asked = stripe.post(ALICE, "/v1/setup_intents", &form).await;
    assert_eq!(asked.body["status"], "requires_action", "{}", asked.body);
    let attach = format!("/v1/payment_methods/{card}/attach");
    let form = format!("customer={other}");
    assert_eq!(stripe.post(ALICE, &attach, &form).await.status, 200);
    pass_challenge(&stripe, &asked.body).await;
    assert_eq!(
        status(&stripe, &asked).await,
        json!("requires_payment_method")
    );
}
