//! Refunds and disputes: what is asked, and what is made of an answer.

use stripe_http::refunds::{self, CreateParams, Reason, Status};
use stripe_http::{DisputeId, Metadata, RefundId, disputes};

use crate::stripe::{Stripe, intent_id, key, ok};

const REFUND: &str = r#"{"id":"re_1","object":"refund","amount":500,"currency":"eur","status":"pending",
    "reason":"duplicate","metadata":{"tillgate_refund_id":"r1"},"created":1760000000,"new_field":{}}"#;

#[tokio::test]
async fn a_refund_names_payment_amount_reason_and_our_id() {
    let stripe = Stripe::playing([ok(REFUND)]).await;
    let mut metadata = Metadata::default();
    metadata.insert("tillgate_refund_id", "r1").unwrap();
    let params = CreateParams {
        payment_intent: intent_id(),
        amount: 500,
        reason: Some(Reason::Duplicate),
        metadata,
    };
    let refund = refunds::create(&stripe.client(), &params, &key())
        .await
        .unwrap();
    assert_eq!((refund.id.as_str(), refund.amount), ("re_1", 500));
    assert_eq!(refund.status, Some(Status::Pending));
    assert_eq!(refund.metadata.get("tillgate_refund_id"), Some("r1"));
    assert_eq!(refund.request_id.as_deref(), Some("req_OK"));
    assert!(!refund.is_release());
    let sent = &stripe.received()[0];
    assert_eq!(sent.line, "POST /v1/refunds HTTP/1.1");
    assert_eq!(sent.header("idempotency-key"), Some("op_1"));
    assert_eq!(
        sent.body,
        "payment_intent=pi_1&amount=500&reason=duplicate&metadata%5Btillgate_refund_id%5D=r1"
    );
}

#[tokio::test]
async fn refunds_are_listed_to_the_end() {
    let page = |id: &str, more: bool| {
        let refund = REFUND.replace("re_1", id);
        ok(&format!(
            r#"{{"object":"list","data":[{refund}],"has_more":{more}}}"#
        ))
    };
    let stripe = Stripe::playing([page("re_2", true), page("pyr_1", false)]).await;
    let all = refunds::list(&stripe.client(), &intent_id()).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!(ids, ["re_2", "pyr_1"]);
    let lines: Vec<String> = stripe.received().into_iter().map(|one| one.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/refunds?payment_intent=pi_1&limit=100 HTTP/1.1",
            "GET /v1/refunds?payment_intent=pi_1&limit=100&starting_after=re_2 HTTP/1.1"
        ]
    );
}

#[tokio::test]
async fn a_refund_is_read_whatever_its_status() {
    for (word, status) in [
        (r#""requires_action""#, Some(Status::RequiresAction)),
        (r#""failed""#, Some(Status::Failed)),
        (r#""canceled""#, Some(Status::Canceled)),
        (r#""on_a_ship""#, Some(Status::Unknown("on_a_ship".into()))),
        ("null", None),
    ] {
        let body = REFUND.replace(r#""pending""#, word);
        let stripe = Stripe::playing([ok(&body)]).await;
        let id = RefundId::parse("re_1").unwrap();
        let refund = refunds::retrieve(&stripe.client(), &id).await.unwrap();
        assert_eq!(refund.status, status);
        assert_eq!(stripe.received()[0].line, "GET /v1/refunds/re_1 HTTP/1.1");
    }
}

#[tokio::test]
async fn disputes_are_read() {
    let dispute = |due_by: &str| {
        format!(
            r#"{{"id":"du_1","object":"dispute","amount":500,"currency":"eur","reason":"fraudulent","status":"needs_response",
            "evidence_details":{{"due_by":{due_by},"past_due":false}},"created":1760000000}}"#
        )
    };
    for (due_by, read) in [
        ("1760777777", Some(1_760_777_777)),
        ("null", None),
        ("0", None),
    ] {
        let page = format!(
            r#"{{"object":"list","data":[{}],"has_more":false}}"#,
            dispute(due_by)
        );
        let stripe = Stripe::playing([ok(&page), ok(&dispute(due_by))]).await;
        let client = stripe.client();
        let listed = disputes::list(&client, &intent_id()).await.unwrap();
        let id = DisputeId::parse("du_1").unwrap();
        let read_alone = disputes::retrieve(&client, &id).await.unwrap();
        for found in [&listed[0], &read_alone] {
            assert_eq!((found.id.as_str(), found.amount), ("du_1", 500));
            assert_eq!(found.status, "needs_response");
            assert_eq!(found.due_by(), read);
        }
        let lines: Vec<String> = stripe.received().into_iter().map(|one| one.line).collect();
        assert_eq!(
            lines,
            [
                "GET /v1/disputes?payment_intent=pi_1&limit=100 HTTP/1.1",
                "GET /v1/disputes/du_1 HTTP/1.1"
            ]
        );
    }
}
