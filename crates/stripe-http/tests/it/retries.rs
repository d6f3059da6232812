//! `R1`: what is sent again, with which key, and what is known afterwards.

use stripe_http::payment_intents::{self, CreateParams, PaymentIntent};
use stripe_http::{Error, IdempotencyKey};

use crate::stripe::{INTENT, Step, Stripe, answer, failed, intent_id, key, ok};

async fn create(stripe: &Stripe) -> Result<PaymentIntent, Error> {
    payment_intents::create(&stripe.client(), &CreateParams::new(4999, "eur"), &key()).await
}

/// Content-Length promises more than there is.
fn cut_in_the_body() -> Step {
    Step::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":\"pi_1\",\"obj".to_vec())
}

#[tokio::test]
async fn r1_every_attempt_carries_the_same_key_and_body() {
    for trouble in [
        [failed(500, &[], "x"), failed(503, &[], "x")],
        [
            failed(429, &[], "rate_limit"),
            failed(409, &[], "idempotency_key_in_use"),
        ],
        [
            failed(429, &[], "lock_timeout"),
            failed(400, &[], "lock_timeout"),
        ],
        [Step::Drop, Step::Drop],
        [
            cut_in_the_body(),
            answer(502, &[], "<html>Bad Gateway</html>"),
        ],
        [
            failed(400, &[("Stripe-Should-Retry", "true")], "x"),
            Step::Drop,
        ],
    ] {
        let stripe = Stripe::playing(trouble.into_iter().chain([ok(INTENT)])).await;
        let operation = IdempotencyKey::parse("op_unique_42").unwrap();
        let params = CreateParams::new(4999, "eur");

        let intent = payment_intents::create(&stripe.client(), &params, &operation)
            .await
            .unwrap();

        assert_eq!(intent.id.as_str(), "pi_1");
        let received = stripe.received();
        assert_eq!(received.len(), 3);
        assert!(
            received
                .iter()
                .all(|sent| sent.header("idempotency-key") == Some("op_unique_42"))
        );
        assert!(
            received
                .iter()
                .all(|sent| sent.body == received[0].body && sent.line == received[0].line)
        );
    }
}

#[tokio::test]
async fn two_repetitions_are_the_most() {
    let stripe =
        Stripe::playing((0..9).map(|_| failed(500, &[("Request-Id", "req_5")], "x"))).await;
    let error = create(&stripe).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(
        (error.http_status(), error.request_id()),
        (Some(500), Some("req_5"))
    );
    assert!(error.is_outcome_unknown() && error.is_transient());
    assert_eq!(stripe.received().len(), 3);
}

#[tokio::test]
async fn stripe_should_retry_false_ends_it() {
    for (status, code) in [(500, "x"), (409, "lock_timeout"), (429, "rate_limit")] {
        let stripe = Stripe::playing([
            failed(status, &[("Stripe-Should-Retry", "false")], code),
            ok(INTENT),
        ])
        .await;
        create(&stripe).await.unwrap_err();
        assert_eq!(stripe.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_stripe_has_decided_is_not_repeated() {
    for status in [400, 401, 402, 403, 404] {
        let stripe = Stripe::playing([failed(status, &[], "x"), ok(INTENT)]).await;
        let error = create(&stripe).await.unwrap_err();
        assert!(
            !error.is_outcome_unknown() && !error.is_transient(),
            "{error:?}"
        );
        assert_eq!(stripe.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_broken_connection_leaves_the_outcome_unknown() {
    let steps: [fn() -> Step; 2] = [|| Step::Drop, cut_in_the_body];
    for step in steps {
        let stripe = Stripe::playing((0..3).map(|_| step())).await;
        let error = create(&stripe).await.unwrap_err();
        assert!(matches!(error, Error::Connection { .. }), "{error:?}");
        assert!(error.is_outcome_unknown());
        assert_eq!(stripe.received().len(), 3);
    }
}

#[tokio::test]
async fn what_comes_before_stripes_memory_does_not_settle_an_earlier_attempt() {
    // The first attempt may have created it; a limit or a refused key says nothing about that.
    for last in [
        failed(429, &[("Stripe-Should-Retry", "false")], "rate_limit"),
        failed(401, &[], "api_key_expired"),
    ] {
        let stripe = Stripe::playing([Step::Drop, last]).await;
        assert!(create(&stripe).await.unwrap_err().is_outcome_unknown());
    }
    // A decline under the same key does.
    let stripe = Stripe::playing([Step::Drop, failed(402, &[], "card_declined")]).await;
    let error = create(&stripe).await.unwrap_err();
    assert!(
        matches!(error, Error::Card(_)) && !error.is_outcome_unknown(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_read_has_no_outcome() {
    let steps: [fn() -> Step; 3] = [
        || Step::Drop,
        || failed(500, &[], "x"),
        || ok("<!doctype html>"),
    ];
    for step in steps {
        let stripe = Stripe::playing((0..3).map(|_| step())).await;
        let error = payment_intents::retrieve(&stripe.client(), &intent_id())
            .await
            .unwrap_err();
        assert!(
            !error.is_outcome_unknown() && error.is_transient(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_200_that_is_not_the_object_is_undecodable_and_not_repeated() {
    let huge = format!("{INTENT}{}", " ".repeat(4 * 1024 * 1024));
    for body in [
        "",
        "<!doctype html>",
        "[]",
        "null",
        r#"{"id":"pi_1","object":"payment_intent","amou"#,
        r#"{"id":"../x"}"#,
        &huge,
    ] {
        let stripe = Stripe::playing([ok(body), ok(INTENT)]).await;
        let error = create(&stripe).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Undecodable {
                    http_status: 200,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(error.is_outcome_unknown());
        assert_eq!(error.request_id(), Some("req_OK"));
        assert_eq!(stripe.received().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Stripe::playing([ok(INTENT)]).await;
    let target = format!("{}v1/payment_intents", elsewhere.base());
    let stripe = Stripe::playing([answer(307, &[("Location", &target)], "")]).await;
    let error = create(&stripe).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Undecodable {
                http_status: 307,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_failure_with_a_huge_body_keeps_its_status() {
    let stripe = Stripe::playing([answer(402, &[], &"x".repeat(4 * 1024 * 1024 + 1))]).await;
    let error = create(&stripe).await.unwrap_err();
    assert!(matches!(error, Error::Card(_)), "{error:?}");
}
