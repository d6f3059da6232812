//! Disputes and inquiries, won, lost and left unanswered; fraud warnings.

use serde_json::{Value, json};

use super::{balance, charge_id, event, events_after, paid};
use crate::harness::{ALICE, Reply, Stripe, start};

async fn disputed(stripe: &Stripe, method: &str) -> (Reply, Value) {
    let paid = paid(stripe, method).await;
    let list = stripe
        .get(ALICE, &format!("/v1/disputes?payment_intent={}", paid.id()))
        .await;
    (paid, list.body["data"][0].clone())
}

fn path(dispute: &Value) -> String {
    format!("/v1/disputes/{}", dispute["id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_dispute_takes_the_money_and_winning_brings_it_back() {
    let stripe = start().await;
    let (paid, dispute) = disputed(&stripe, "pm_card_createDispute").await;
    assert_eq!(
        paid.body["latest_charge"]["disputed"], false,
        "the answer comes first"
    );
    assert_eq!(
        (&dispute["status"], &dispute["reason"]),
        (&json!("needs_response"), &json!("fraudulent"))
    );
    assert_eq!(dispute["balance_transactions"][0]["net"], -3500);
    assert_eq!(dispute["evidence"]["uncategorized_text"], json!(null));
    assert_eq!(balance(&stripe, "pending", "usd").await, 1912 - 3500);
    let charge = stripe
        .get(ALICE, &format!("/v1/charges/{}", charge_id(&paid)))
        .await;
    assert_eq!(charge.body["disputed"], true);
    let refund = stripe
        .post(
            ALICE,
            "/v1/refunds",
            &format!("payment_intent={}", paid.id()),
        )
        .await;
    assert_eq!(refund.error(), (400, Some("charge_disputed"), None));
    let staged = stripe
        .post(
            ALICE,
            &path(&dispute),
            "evidence[customer_name]=Ann&submit=false",
        )
        .await;
    assert_eq!(
        (
            &staged.body["status"],
            &staged.body["evidence_details"]["has_evidence"]
        ),
        (&json!("needs_response"), &json!(true))
    );
    let won = stripe
        .post(
            ALICE,
            &path(&dispute),
            "evidence[uncategorized_text]=winning_evidence",
        )
        .await;
    assert_eq!(won.body["status"], "won", "{}", won.body);
    assert_eq!(won.body["evidence"]["customer_name"], "Ann");
    assert_eq!(won.body["balance_transactions"][1]["net"], 3500);
    assert_eq!(balance(&stripe, "pending", "usd").await, 1912);
    let expected = [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ];
    assert_eq!(events_after(&stripe, 4).await, expected);
    let late = stripe
        .post(ALICE, &path(&dispute), "evidence[customer_name]=Bob")
        .await;
    assert_eq!(late.error(), (400, None, None));
    assert_eq!(
        stripe
            .post(ALICE, &path(&dispute), "metadata[a]=1")
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn a_dispute_is_lost_by_evidence_by_acceptance_or_by_silence() {
    let stripe = start().await;
    let (_, one) = disputed(&stripe, "pm_card_createDisputeProductNotReceived").await;
    assert_eq!(one["reason"], "product_not_received");
    let lost = stripe
        .post(
            ALICE,
            &path(&one),
            "evidence[uncategorized_text]=losing_evidence",
        )
        .await;
    assert_eq!(lost.body["status"], "lost");
    let (_, two) = disputed(&stripe, "pm_card_createDispute").await;
    let closed = stripe
        .post(ALICE, &format!("{}/close", path(&two)), "")
        .await;
    assert_eq!(closed.body["status"], "lost");
    assert_eq!(
        stripe
            .post(ALICE, &format!("{}/close", path(&two)), "")
            .await
            .status,
        400
    );
    let (_, three) = disputed(&stripe, "pm_card_createDispute").await;
    let due = three["evidence_details"]["due_by"].as_i64().unwrap();
    stripe.advance(due - three["created"].as_i64().unwrap());
    let silent = stripe.get(ALICE, &path(&three)).await;
    assert_eq!(
        (
            &silent.body["status"],
            &silent.body["evidence_details"]["past_due"]
        ),
        (&json!("lost"), &json!(true))
    );
    assert_eq!(
        event(&stripe, "charge.dispute.closed").await["object"]["id"],
        three["id"]
    );
}

#[actix_web::test]
async fn an_inquiry_moves_no_money_until_it_is_escalated() {
    let stripe = start().await;
    let (paid, inquiry) = disputed(&stripe, "pm_card_createDisputeInquiry").await;
    assert_eq!(inquiry["status"], "warning_needs_response");
    assert_eq!(inquiry["is_charge_refundable"], true);
    assert_eq!(inquiry["balance_transactions"], json!([]));
    let part = format!("payment_intent={}&amount=100", paid.id());
    assert_eq!(stripe.post(ALICE, "/v1/refunds", &part).await.status, 200);
    let form = "evidence[uncategorized_text]=escalate_inquiry_evidence";
    let escalated = stripe.post(ALICE, &path(&inquiry), form).await;
    assert_eq!(escalated.body["status"], "needs_response");
    assert_eq!(
        escalated.body["payment_method_details"]["card"]["case_type"],
        "chargeback"
    );
    assert_eq!(
        stripe.post(ALICE, "/v1/refunds", &part).await.error().1,
        Some("charge_disputed")
    );
    let (_, other) = disputed(&stripe, "pm_card_createDisputeInquiry").await;
    let closed = stripe
        .post(
            ALICE,
            &path(&other),
            "evidence[uncategorized_text]=winning_evidence",
        )
        .await;
    assert_eq!(closed.body["status"], "warning_closed");
}

#[actix_web::test]
async fn a_card_can_be_disputed_twice_or_only_be_suspected() {
    let stripe = start().await;
    let (twice, _) = disputed(&stripe, "pm_card_createMultipleDisputes").await;
    let list = stripe
        .get(ALICE, &format!("/v1/disputes?charge={}", charge_id(&twice)))
        .await;
    let amounts: Vec<_> = list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["amount"].as_i64())
        .collect();
    assert_eq!(amounts, [Some(1000), Some(1000)]);
    let (warned, none) = disputed(&stripe, "pm_card_createIssuerFraudRecord").await;
    assert_eq!(none, json!(null));
    let warning = event(&stripe, "radar.early_fraud_warning.created").await;
    assert_eq!(warning["object"]["charge"], charge_id(&warned));
}

#[actix_web::test]
async fn a_test_disputes_any_charge_and_decides() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    let route = format!("/charges/{}/dispute", charge_id(&paid));
    let odd = stripe
        .control("POST", &route, json!({ "reason": "boredom" }))
        .await;
    assert_eq!(odd.status, 422);
    let too_much = stripe
        .control("POST", &route, json!({ "amount": 2001 }))
        .await;
    assert_eq!(too_much.status, 409);
    let opened = stripe
        .control("POST", &route, json!({ "reason": "duplicate" }))
        .await;
    assert_eq!(
        (&opened.body["reason"], &opened.body["amount"]),
        (&json!("duplicate"), &json!(2000))
    );
    let decide = |verdict| format!("/disputes/{}/{verdict}", opened.id());
    let won = stripe.control("POST", &decide("win"), json!(null)).await;
    assert_eq!(won.body["status"], "won");
    assert_eq!(
        stripe
            .control("POST", &decide("lose"), json!(null))
            .await
            .status,
        409
    );
    assert_eq!(
        stripe
            .control("POST", &decide("draw"), json!(null))
            .await
            .status,
        404
    );
}
