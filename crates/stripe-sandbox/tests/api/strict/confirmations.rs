//! Confirmations that cannot be, and what holds only for one of them.

use serde_json::json;

use super::pass_challenge;
use crate::harness::{ALICE, start};

const MOTO: &str = "payment_method_options[card][moto]";

#[actix_web::test]
async fn orders_by_mail_or_phone_are_said_at_confirmation_and_only_for_it() {
    let stripe = start().await;
    let refused = stripe.payment(ALICE, &format!("{MOTO}=true")).await;
    assert_eq!(refused.error(), (400, None, Some(MOTO)));
    let made = stripe.payment(ALICE, "").await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let refused = stripe.post(ALICE, &path, &format!("{MOTO}=true")).await;
    assert_eq!(refused.error(), (400, None, Some(MOTO)));
    let confirm = format!("{path}/confirm");
    let form = format!("payment_method=pm_card_visa_chargeDeclined&{MOTO}=true");
    assert_eq!(stripe.post(ALICE, &confirm, &form).await.status, 402);
    let asked = stripe
        .post(
            ALICE,
            &confirm,
            "payment_method=pm_card_authenticationRequired",
        )
        .await;
    assert_eq!(asked.body["status"], "requires_action", "{}", asked.body);
    let form = format!("confirm=true&payment_method=pm_card_authenticationRequired&{MOTO}=true");
    let paid = stripe.payment(ALICE, &form).await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
}

#[actix_web::test]
async fn a_shopper_who_is_away_agrees_to_nothing_later() {
    let stripe = start().await;
    let form = "off_session=true&setup_future_usage=off_session&payment_method=pm_card_visa";
    let refused = stripe.payment(ALICE, &format!("{form}&confirm=true")).await;
    assert_eq!(refused.error(), (400, None, Some("off_session")));
    assert_eq!(stripe.event_types(ALICE).await, Vec::<String>::new());
    let made = stripe.payment(ALICE, "").await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let refused = stripe.post(ALICE, &format!("{path}/confirm"), form).await;
    assert_eq!(refused.error(), (400, None, Some("off_session")));
    assert_eq!(stripe.get(ALICE, &path).await.body, made.body);
}

#[actix_web::test]
async fn what_was_agreed_to_for_later_is_taken_back_by_an_empty_value() {
    let stripe = start().await;
    let made = stripe
        .payment(ALICE, "setup_future_usage=off_session")
        .await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let confirm = format!("{path}/confirm");
    let away = "off_session=true&payment_method=pm_card_visa";
    let refused = stripe.post(ALICE, &confirm, away).await;
    assert_eq!(refused.error(), (400, None, Some("off_session")));
    let cleared = stripe.post(ALICE, &path, "setup_future_usage=").await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    assert_eq!(cleared.body["setup_future_usage"], serde_json::Value::Null);
    let paid = stripe.post(ALICE, &confirm, away).await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
}

#[actix_web::test]
async fn a_challenge_that_is_not_wanted_is_an_error_of_its_own() {
    let stripe = start().await;
    let form =
        "confirm=true&error_on_requires_action=true&payment_method=pm_card_authenticationRequired";
    let refused = stripe.payment(ALICE, form).await;
    assert_eq!(
        refused.error(),
        (402, Some("payment_intent_action_required"), None)
    );
    assert_eq!(
        refused.body["error"]["payment_intent"]["status"],
        "requires_payment_method"
    );
}

#[actix_web::test]
async fn another_amount_needs_another_challenge() {
    let stripe = start().await;
    let form = "confirmation_method=manual&confirm=true&return_url=https://shop.example/&payment_method=pm_card_authenticationRequired";
    let asked = stripe.payment(ALICE, form).await;
    pass_challenge(&stripe, &asked.body).await;
    let path = format!("/v1/payment_intents/{}", asked.id());
    let confirm = format!("{path}/confirm");
    let raised = stripe.post(ALICE, &path, "amount=99999").await;
    assert_eq!(raised.body["status"], "requires_confirmation");
    let again = stripe
        .post(ALICE, &confirm, "return_url=https://shop.example/")
        .await;
    assert_eq!(again.body["status"], "requires_action", "{}", again.body);
    pass_challenge(&stripe, &again.body).await;
    let paid = stripe.post(ALICE, &confirm, "").await;
    assert_eq!(
        (&paid.body["status"], &paid.body["amount_received"]),
        (&json!("succeeded"), &json!(99999))
    );
}
