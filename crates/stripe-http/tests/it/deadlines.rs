//! `R2`: nothing outlasts the deadline, and a wait that does not fit is not begun.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use stripe_http::payment_intents::{self, CreateParams, PaymentIntent};
use stripe_http::{Error, Transport};
use tokio::net::TcpListener;

use crate::stripe::{INTENT, KEY, Step, Stripe, failed, key, ok};

async fn create(transport: &Transport) -> Result<PaymentIntent, Error> {
    let client = transport.client(SecretString::from(KEY));
    payment_intents::create(&client, &CreateParams::new(4999, "eur"), &key()).await
}

#[tokio::test]
async fn r2_a_silent_stripe_ends_at_the_deadline() {
    let stripe = Stripe::playing([Step::Hang]).await;
    let transport =
        stripe.transport_with(|config| config.total_timeout = Duration::from_millis(60));
    let error = create(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(error.is_outcome_unknown() && error.is_transient());
    assert_eq!(stripe.received().len(), 1);
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_ends_at_the_deadline() {
    // The head promises a body; the connection stays open and silent.
    let stripe = Stripe::playing([Step::Stall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{".to_vec(),
    )])
    .await;
    let transport =
        stripe.transport_with(|config| config.total_timeout = Duration::from_millis(60));
    let error = create(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(error.is_outcome_unknown());
}

#[tokio::test]
async fn all_attempts_share_one_deadline() {
    let stripe = Stripe::playing([Step::Drop, Step::Hang, ok(INTENT)]).await;
    let transport =
        stripe.transport_with(|config| config.total_timeout = Duration::from_millis(80));
    let started = Instant::now();
    let error = create(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(stripe.received().len(), 2);
}

#[tokio::test]
async fn a_wait_that_does_not_fit_is_not_begun() {
    let stripe = Stripe::playing([
        failed(429, &[("Retry-After", "60")], "rate_limit"),
        ok(INTENT),
    ])
    .await;
    let started = Instant::now();
    let error = create(&stripe.transport()).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited(_)), "{error:?}");
    assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
    assert!(!error.is_outcome_unknown());
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(stripe.received().len(), 1);

    let stripe = Stripe::playing([failed(503, &[], "x"), ok(INTENT)]).await;
    let transport = stripe.transport_with(|config| config.backoff_base = Duration::from_mins(1));
    assert!(matches!(
        create(&transport).await.unwrap_err(),
        Error::Unavailable(_)
    ));
    assert_eq!(stripe.received().len(), 1);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    for retry_after in [
        &[("Retry-After", "1")][..],
        &[
            ("Retry-After", "Thu, 09 Oct 2025 08:53:21 GMT"),
            ("Date", "Thu, 09 Oct 2025 08:53:20 GMT"),
        ],
    ] {
        let stripe = Stripe::playing([failed(429, retry_after, "rate_limit"), ok(INTENT)]).await;
        let started = Instant::now();
        create(&stripe.transport()).await.unwrap();
        assert!(
            started.elapsed() >= Duration::from_secs(1),
            "{retry_after:?}"
        );
        assert_eq!(stripe.received().len(), 2);
    }
}

#[tokio::test]
async fn without_a_connection_nothing_has_happened() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let stripe = Stripe::playing([]).await;
    let transport =
        stripe.transport_with(|config| config.api_base.set_port(Some(address.port())).unwrap());
    let error = create(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error:?}");
    assert!(!error.is_outcome_unknown() && error.is_transient());
}
