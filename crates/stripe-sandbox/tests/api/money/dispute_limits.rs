//! Disputes take no more than what is left of a charge.

use serde_json::json;

use super::{charge_id, event, paid};
use crate::harness::{ALICE, Reply, Stripe, start};

async fn refund(stripe: &Stripe, paid: &Reply, amount: i64) {
    let form = format!("payment_intent={}&amount={amount}", paid.id());
    let made = stripe.post(ALICE, "/v1/refunds", &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
}

async fn dispute(stripe: &Stripe, paid: &Reply, body: serde_json::Value) -> Reply {
    let path = format!("/charges/{}/dispute", charge_id(paid));
    stripe.control("POST", &path, body).await
}

#[actix_web::test]
async fn a_charge_is_disputed_for_what_is_left_of_it() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    refund(&stripe, &paid, 1200).await;
    let too_much = dispute(&stripe, &paid, json!({ "amount": 801 })).await;
    assert_eq!(too_much.status, 409);
    let part = dispute(&stripe, &paid, json!({ "amount": 300 })).await;
    assert_eq!(part.body["amount"], 300, "{}", part.body);
    let rest = dispute(&stripe, &paid, json!({})).await;
    assert_eq!(rest.body["amount"], 500, "{}", rest.body);
    assert_eq!(dispute(&stripe, &paid, json!({})).await.status, 409);
}

#[actix_web::test]
async fn an_inquiry_ends_with_a_refund_of_everything() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    let inquiry = dispute(&stripe, &paid, json!({ "inquiry": true })).await;
    refund(&stripe, &paid, 2000).await;
    let path = format!("/v1/disputes/{}", inquiry.id());
    let closed = stripe.get(ALICE, &path).await;
    assert_eq!(closed.body["status"], "warning_closed", "{}", closed.body);
    let told = event(&stripe, "charge.dispute.closed").await;
    assert_eq!(told["object"]["id"], inquiry.id());
    let form = "evidence[uncategorized_text]=escalate_inquiry_evidence";
    assert_eq!(stripe.post(ALICE, &path, form).await.status, 400);
}

#[actix_web::test]
async fn an_inquiry_becomes_a_dispute_of_what_was_not_refunded() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    let inquiry = dispute(&stripe, &paid, json!({ "inquiry": true })).await;
    refund(&stripe, &paid, 1500).await;
    let form = "evidence[uncategorized_text]=escalate_inquiry_evidence";
    let path = format!("/v1/disputes/{}", inquiry.id());
    let escalated = stripe.post(ALICE, &path, form).await;
    assert_eq!(escalated.body["status"], "needs_response");
    assert_eq!(escalated.body["amount"], 500, "{}", escalated.body);
    let taken = escalated.body["balance_transactions"].as_array().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(dispute(&stripe, &paid, json!({})).await.status, 409);
}
