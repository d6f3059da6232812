//! Charges: what can still be changed, captured and reported.

use serde_json::json;

use super::{charge_id, event, paid};
use crate::harness::{ALICE, NOW, start};

const WEEK: i64 = 7 * 24 * 60 * 60;

#[actix_web::test]
async fn a_charge_is_described_and_reported() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_riskLevelElevated").await;
    assert_eq!(
        paid.body["latest_charge"]["outcome"]["risk_level"],
        "elevated"
    );
    let path = format!("/v1/charges/{}", charge_id(&paid));
    let form = "description=Late&metadata[a]=1&fraud_details[user_report]=safe&receipt_email=a@shop.example";
    let changed = stripe.post(ALICE, &path, form).await;
    assert_eq!(changed.body["description"], "Late");
    assert_eq!(
        changed.body["fraud_details"],
        json!({ "user_report": "safe" })
    );
    assert!(
        changed.body["receipt_url"]
            .as_str()
            .unwrap()
            .starts_with("http")
    );
    assert_eq!(
        event(&stripe, "charge.updated").await["previous_attributes"]["metadata"],
        json!({ "a": null })
    );
    let refused = stripe
        .post(
            ALICE,
            "/v1/charges",
            "amount=2000&currency=usd&source=tok_visa",
        )
        .await;
    assert_eq!(refused.status, 400);
}

#[actix_web::test]
async fn a_charge_is_captured_with_its_payment() {
    let stripe = start().await;
    let form =
        "capture_method=manual&confirm=true&payment_method=pm_card_visa&expand[]=latest_charge";
    let held = stripe.payment(ALICE, form).await;
    let path = format!("/v1/charges/{}/capture", charge_id(&held));
    let taken = stripe.post(ALICE, &path, "amount=1500").await;
    assert_eq!(
        (&taken.body["captured"], &taken.body["amount_captured"]),
        (&json!(true), &json!(1500))
    );
    assert!(taken.body["balance_transaction"].is_string());
    assert_eq!(
        stripe.post(ALICE, &path, "").await.error(),
        (400, Some("charge_already_captured"), None)
    );
    let intent = stripe
        .get(ALICE, &format!("/v1/payment_intents/{}", held.id()))
        .await;
    assert_eq!(intent.body["status"], "succeeded");
}

#[actix_web::test]
async fn an_authorisation_expires_after_a_week() {
    let stripe = start().await;
    let form =
        "capture_method=manual&confirm=true&payment_method=pm_card_visa&expand[]=latest_charge";
    let held = stripe.payment(ALICE, form).await;
    let card = &held.body["latest_charge"]["payment_method_details"]["card"];
    assert_eq!(card["capture_before"], NOW + WEEK);
    stripe.advance(WEEK);
    let path = format!("/v1/payment_intents/{}", held.id());
    let gone = stripe.get(ALICE, &path).await;
    assert_eq!(
        (&gone.body["status"], &gone.body["cancellation_reason"]),
        (&json!("canceled"), &json!("automatic"))
    );
    assert_eq!(
        event(&stripe, "charge.expired").await["object"]["id"],
        charge_id(&held)
    );
    let late = stripe.post(ALICE, &format!("{path}/capture"), "").await;
    assert_eq!(late.error().1, Some("payment_intent_unexpected_state"));
    let late = stripe
        .post(
            ALICE,
            &format!("/v1/charges/{}/capture", charge_id(&held)),
            "",
        )
        .await;
    assert_eq!(late.error().1, Some("charge_expired_for_capture"));
}
