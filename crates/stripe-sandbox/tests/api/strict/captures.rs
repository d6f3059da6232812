//! What a capture may say, and what its events tell.

use serde_json::json;

use crate::harness::{ALICE, start};

#[actix_web::test]
async fn a_capture_refuses_what_it_cannot_do() {
    let stripe = start().await;
    let held = stripe
        .payment(
            ALICE,
            "capture_method=manual&confirm=true&payment_method=pm_card_visa",
        )
        .await;
    let path = format!("/v1/payment_intents/{}", held.id());
    let capture = format!("{path}/capture");
    for (form, param) in [
        ("final_capture=false", "final_capture"),
        ("application_fee_amount=1", "application_fee_amount"),
        ("transfer_data[amount]=1", "transfer_data[destination]"),
        (
            "statement_descriptor=ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "statement_descriptor",
        ),
        ("amount_to_capture=2001&metadata[a]=1", "amount_to_capture"),
    ] {
        let refused = stripe.post(ALICE, &capture, form).await;
        assert_eq!(refused.status, 400, "{form}: {}", refused.body);
        assert_eq!(refused.error().2, Some(param), "{form}");
        assert_eq!(stripe.get(ALICE, &path).await.body, held.body, "{form}");
    }
    let form = "metadata[order]=7&statement_descriptor_suffix=ORDER%207&expand[]=latest_charge";
    let taken = stripe.post(ALICE, &capture, form).await;
    assert_eq!(taken.body["status"], "succeeded", "{}", taken.body);
    assert_eq!(
        taken.body["latest_charge"]["statement_descriptor_suffix"],
        "ORDER 7"
    );
    let told = stripe
        .get(ALICE, "/v1/events?type=payment_intent.succeeded")
        .await;
    let object = &told.body["data"][0]["data"]["object"];
    assert_eq!(object["metadata"], json!({ "order": "7" }));
}
