//! Balance transactions and their sum.

use serde_json::json;

use super::{balance, charge_id, event, paid};
use crate::harness::{ALICE, BOB, NOW, start};

const DAY: i64 = 24 * 60 * 60;

#[actix_web::test]
async fn a_charge_is_booked_after_the_answer_and_available_after_two_days() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    assert_eq!(
        paid.body["latest_charge"]["balance_transaction"],
        json!(null)
    );
    let told = event(&stripe, "charge.updated").await;
    assert_eq!(
        told["previous_attributes"],
        json!({ "balance_transaction": null })
    );
    let path = format!(
        "/v1/charges/{}?expand[]=balance_transaction",
        charge_id(&paid)
    );
    let booked = stripe.get(ALICE, &path).await.body["balance_transaction"].clone();
    assert_eq!(
        (&booked["amount"], &booked["fee"], &booked["net"]),
        (&json!(2000), &json!(88), &json!(1912))
    );
    assert_eq!(
        (&booked["status"], &booked["type"]),
        (&json!("pending"), &json!("charge"))
    );
    assert_eq!(booked["fee_details"][0]["type"], "stripe_fee");
    assert_eq!(booked["source"], charge_id(&paid));
    let available_on = booked["available_on"].as_i64().unwrap();
    assert!(available_on > NOW + DAY && available_on <= NOW + 2 * DAY && available_on % DAY == 0);
    assert_eq!(
        (
            balance(&stripe, "pending", "usd").await,
            balance(&stripe, "available", "usd").await
        ),
        (1912, 0)
    );
    stripe.advance(2 * DAY);
    assert_eq!(
        (
            balance(&stripe, "pending", "usd").await,
            balance(&stripe, "available", "usd").await
        ),
        (0, 1912)
    );
    let path = format!(
        "/v1/balance_transactions/{}",
        booked["id"].as_str().unwrap()
    );
    assert_eq!(stripe.get(ALICE, &path).await.body["status"], "available");
    assert_eq!(stripe.get(BOB, &path).await.status, 404);
    assert_eq!(
        event(&stripe, "balance.available").await["object"]["object"],
        "balance"
    );
}

#[actix_web::test]
async fn a_synchronous_capture_is_booked_at_once_and_a_test_card_is_available_at_once() {
    let stripe = start().await;
    let form = "capture_method=automatic&confirm=true&payment_method=pm_card_bypassPending&expand[]=latest_charge.balance_transaction";
    let paid = stripe.payment(ALICE, form).await;
    let booked = &paid.body["latest_charge"]["balance_transaction"];
    assert_eq!(
        (&booked["status"], &booked["available_on"]),
        (&json!("available"), &json!(NOW))
    );
    assert_eq!(balance(&stripe, "available", "usd").await, 1912);
}

#[actix_web::test]
async fn transactions_are_listed_by_type_source_and_currency() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    stripe
        .post(
            ALICE,
            "/v1/refunds",
            &format!("payment_intent={}&amount=700", paid.id()),
        )
        .await;
    let list = async |query: String| {
        let list = stripe
            .get(ALICE, &format!("/v1/balance_transactions?{query}"))
            .await;
        let items = list.body["data"].as_array().unwrap().clone();
        items
            .iter()
            .map(|one| one["net"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(String::new()).await, [-700, 1912]);
    assert_eq!(list("type=refund".to_owned()).await, [-700]);
    assert_eq!(list(format!("source={}", charge_id(&paid))).await, [1912]);
    assert_eq!(list("currency=eur".to_owned()).await, [0_i64; 0]);
}
