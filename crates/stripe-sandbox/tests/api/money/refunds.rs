//! Refunds: in part, several, too much, later, and those that fail.

use serde_json::json;

use super::{balance, charge_id, event, events_after, paid};
use crate::harness::{ALICE, BOB, start};

const REFUNDS: &str = "/v1/refunds";

#[actix_web::test]
async fn a_payment_is_refunded_in_parts_until_nothing_is_left() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    let by_payment = format!(
        "payment_intent={}&amount=500&reason=requested_by_customer&metadata[a]=1",
        paid.id()
    );
    let first = stripe.post(ALICE, REFUNDS, &by_payment).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["status"], "succeeded");
    assert_eq!(first.body["charge"], charge_id(&paid));
    assert_eq!(first.body["reason"], "requested_by_customer");
    let too_much = format!("charge={}&amount=1501", charge_id(&paid));
    let refused = stripe.post(ALICE, REFUNDS, &too_much).await;
    assert_eq!(refused.error(), (400, None, Some("amount")));
    let message = "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)";
    assert_eq!(refused.body["error"]["message"], message);
    let rest = stripe
        .post(ALICE, REFUNDS, &format!("charge={}", charge_id(&paid)))
        .await;
    assert_eq!(rest.body["amount"], 1500);
    let again = stripe.post(ALICE, REFUNDS, &by_payment).await;
    assert_eq!(again.error(), (400, Some("charge_already_refunded"), None));
    let path = format!("/v1/charges/{}?expand[]=refunds", charge_id(&paid));
    let charge = stripe.get(ALICE, &path).await;
    assert_eq!(
        (&charge.body["refunded"], &charge.body["amount_refunded"]),
        (&json!(true), &json!(2000))
    );
    assert_eq!(charge.body["refunds"]["data"][1]["id"], first.id());
    let told = event(&stripe, "charge.refunded").await;
    let previous = json!({ "amount_refunded": 500, "refunded": false });
    assert_eq!(told["previous_attributes"], previous);
    let expected = [
        "refund.created",
        "charge.refunded",
        "refund.created",
        "charge.refunded",
    ];
    assert_eq!(events_after(&stripe, 4).await, expected);
    let list = stripe
        .get(ALICE, &format!("{REFUNDS}?payment_intent={}", paid.id()))
        .await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
    let foreign = stripe.get(BOB, &format!("{REFUNDS}/{}", first.id())).await;
    assert_eq!(foreign.status, 404);
    // 20.00 less Stripe's fee of 88, which it keeps.
    assert_eq!(balance(&stripe, "pending", "usd").await, -88);
}

#[actix_web::test]
async fn what_cannot_be_refunded_is_refused() {
    let stripe = start().await;
    let held = stripe
        .payment(
            ALICE,
            "capture_method=manual&confirm=true&payment_method=pm_card_visa",
        )
        .await;
    let open = stripe.payment(ALICE, "").await;
    let paid = paid(&stripe, "pm_card_visa").await;
    for (form, expected) in [
        (
            String::new(),
            (400, Some("parameter_missing"), Some("payment_intent")),
        ),
        (
            format!("payment_intent={}", held.id()),
            (400, None, Some("payment_intent")),
        ),
        (
            format!("payment_intent={}", open.id()),
            (400, None, Some("payment_intent")),
        ),
        (
            "payment_intent=pi_none".to_owned(),
            (400, Some("resource_missing"), Some("payment_intent")),
        ),
        (
            "charge=ch_none".to_owned(),
            (400, Some("resource_missing"), Some("charge")),
        ),
        (
            format!("payment_intent={}&amount=0", paid.id()),
            (400, Some("parameter_invalid_integer"), Some("amount")),
        ),
        (
            format!("payment_intent={}&reverse_transfer=true", paid.id()),
            (400, None, Some("reverse_transfer")),
        ),
        (
            format!("payment_intent={}&reason=bored", paid.id()),
            (400, None, Some("reason")),
        ),
    ] {
        let refused = stripe.post(ALICE, REFUNDS, &form).await;
        assert_eq!(refused.error(), expected, "{form}: {}", refused.body);
    }
}

#[actix_web::test]
async fn a_pending_refund_succeeds_later() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_pendingRefund").await;
    let made = stripe
        .post(ALICE, REFUNDS, &format!("payment_intent={}", paid.id()))
        .await;
    assert_eq!(
        (&made.body["status"], &made.body["pending_reason"]),
        (&json!("pending"), &json!("processing"))
    );
    stripe.advance(60);
    let later = stripe.get(ALICE, &format!("{REFUNDS}/{}", made.id())).await;
    assert_eq!(later.body["status"], "succeeded");
    assert_eq!(
        events_after(&stripe, 6).await,
        ["charge.refund.updated", "refund.updated"]
    );
    let told = event(&stripe, "refund.updated").await;
    assert_eq!(told["previous_attributes"]["status"], "pending");
}

#[actix_web::test]
async fn a_refund_that_fails_gives_the_money_back_and_can_be_made_again() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_refundFail").await;
    let form = format!("payment_intent={}", paid.id());
    let made = stripe.post(ALICE, REFUNDS, &form).await;
    assert_eq!(made.body["status"], "succeeded");
    assert_eq!(balance(&stripe, "pending", "usd").await, -88);
    stripe.advance(60);
    let failed = stripe
        .get(
            ALICE,
            &format!(
                "{REFUNDS}/{}?expand[]=failure_balance_transaction",
                made.id()
            ),
        )
        .await;
    assert_eq!(
        (&failed.body["status"], &failed.body["failure_reason"]),
        (&json!("failed"), &json!("unknown"))
    );
    assert_eq!(
        failed.body["failure_balance_transaction"]["type"],
        "refund_failure"
    );
    assert_eq!(balance(&stripe, "pending", "usd").await, 1912);
    let expected = [
        "charge.updated",
        "charge.refund.updated",
        "refund.updated",
        "refund.failed",
    ];
    assert_eq!(events_after(&stripe, 6).await, expected);
    assert_eq!(stripe.post(ALICE, REFUNDS, &form).await.status, 200);
}

#[actix_web::test]
async fn only_metadata_of_a_refund_can_be_changed() {
    let stripe = start().await;
    let paid = paid(&stripe, "pm_card_visa").await;
    let made = stripe
        .post(ALICE, REFUNDS, &format!("payment_intent={}", paid.id()))
        .await;
    let path = format!("{REFUNDS}/{}", made.id());
    let changed = stripe.post(ALICE, &path, "metadata[a]=1").await;
    assert_eq!(changed.body["metadata"], json!({ "a": "1" }));
    for path in [
        format!("{path}/cancel"),
        format!("/v1/test_helpers/refunds/{}/expire", made.id()),
    ] {
        assert_eq!(
            stripe.post(ALICE, &path, "").await.error(),
            (400, None, None),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn people_in_the_dashboard_refund_capture_and_cancel() {
    let stripe = start().await;
    let held = "capture_method=manual&confirm=true&payment_method=pm_card_visa";
    let (one, two) = (
        stripe.payment(ALICE, held).await,
        stripe.payment(ALICE, held).await,
    );
    let act = async |id: &str, action: &str, body| {
        let path = format!("/payment_intents/{id}/{action}");
        stripe.control("POST", &path, body).await
    };
    let taken = act(one.id(), "capture", json!({ "amount": 1200 })).await;
    assert_eq!(taken.body["amount_received"], 1200);
    let refund = act(one.id(), "refund", json!({ "amount": 200 })).await;
    assert_eq!(
        (&refund.body["amount"], &refund.body["object"]),
        (&json!(200), &json!("refund"))
    );
    assert_eq!(
        act(one.id(), "refund", json!({ "amount": 1001 }))
            .await
            .status,
        409
    );
    assert_eq!(
        act(two.id(), "cancel", json!(null)).await.body["status"],
        "canceled"
    );
    assert_eq!(act("pi_none", "cancel", json!(null)).await.status, 404);
    let failed = stripe
        .control(
            "POST",
            &format!("/refunds/{}/fail", refund.id()),
            json!(null),
        )
        .await;
    assert_eq!(failed.body["status"], "failed");
    assert_eq!(
        stripe
            .control(
                "POST",
                &format!("/refunds/{}/succeed", refund.id()),
                json!(null)
            )
            .await
            .status,
        409
    );
}
