//! All 45 samples of Stripe's failures: what each one means to us and whether it is sent again.

use serde_json::Value;
use stripe_http::Error;
use stripe_http::payment_intents::{self, CreateParams};

use crate::stripe::{INTENT, Stripe, answer, key, ok};

#[derive(serde::Deserialize)]
struct Samples {
    errors: Vec<Sample>,
}

#[derive(serde::Deserialize)]
struct Sample {
    name: String,
    http_status: u16,
    headers: serde_json::Map<String, Value>,
    body: Value,
    raw_body: Option<String>,
    safe_to_retry_with_same_key: bool,
    python_would_retry: bool,
}

impl Sample {
    fn code(&self, name: &str) -> Option<&str> {
        self.body["error"][name].as_str()
    }

    fn body(&self) -> String {
        self.raw_body
            .clone()
            .unwrap_or_else(|| self.body.to_string())
    }

    /// From status, type and code alone, as the documentation has it.
    fn meaning(&self) -> &'static str {
        match (self.http_status, self.code("type"), self.code("code")) {
            (200, ..) => "undecodable",
            (401, ..) => "authentication",
            (402, ..) => "card",
            (403, ..) => "permission",
            (404, ..) => "not_found",
            (409, ..) | (_, _, Some("lock_timeout")) => "conflict",
            (429, ..) => "rate_limited",
            (500.., ..) => "unavailable",
            (400, Some("idempotency_error"), _) => "idempotency",
            (
                400,
                _,
                Some(
                    "payment_intent_unexpected_state"
                    | "charge_already_captured"
                    | "charge_already_refunded",
                ),
            ) => "unexpected_state",
            (400, ..) => "invalid",
            _ => panic!("a new kind of sample: {}", self.name),
        }
    }

    /// As the official SDK does, and a rate limit too: it comes before Stripe looks at the key.
    fn is_repeated(&self) -> bool {
        self.python_would_retry || self.http_status == 429
    }
}

fn meaning(error: &Error) -> &'static str {
    match error {
        Error::Card(_) => "card",
        Error::UnexpectedState(_) => "unexpected_state",
        Error::NotFound(_) => "not_found",
        Error::Invalid(_) => "invalid",
        Error::Authentication(_) => "authentication",
        Error::Permission(_) => "permission",
        Error::Idempotency(_) => "idempotency",
        Error::Conflict(_) => "conflict",
        Error::RateLimited(_) => "rate_limited",
        Error::Unavailable(_) => "unavailable",
        Error::Undecodable { .. } => "undecodable",
        Error::Timeout { .. } | Error::Connection { .. } | Error::Unsendable(_) => "no answer",
    }
}

#[tokio::test]
async fn r1_every_sample_has_its_meaning() {
    let text = include_str!("../vectors/error_bodies.json");
    let Samples { errors } = serde_json::from_str(text).unwrap();
    assert_eq!(errors.len(), 45);
    for sample in &errors {
        let headers: Vec<(&str, &str)> = sample
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let step = || answer(sample.http_status, &headers, &sample.body());
        let stripe = Stripe::playing([step(), step(), step(), ok(INTENT)]).await;

        let params = CreateParams::new(4999, "eur");
        let error = payment_intents::create(&stripe.client(), &params, &key())
            .await
            .unwrap_err();

        assert_eq!(meaning(&error), sample.meaning(), "{}", sample.name);
        assert_eq!(
            error.http_status(),
            Some(sample.http_status),
            "{}",
            sample.name
        );
        assert_eq!(
            error.request_id(),
            sample.headers["request-id"].as_str(),
            "{}",
            sample.name
        );
        let attempts = if sample.is_repeated() { 3 } else { 1 };
        assert_eq!(stripe.received().len(), attempts, "{}", sample.name);
        assert!(
            sample.safe_to_retry_with_same_key || attempts == 1,
            "{}",
            sample.name
        );
        assert_eq!(
            error.is_transient(),
            sample.safe_to_retry_with_same_key,
            "{}",
            sample.name
        );
        let settled = matches!(sample.http_status, 400..=408 | 429);
        assert_eq!(error.is_outcome_unknown(), !settled, "{}", sample.name);
        check_codes(&error, sample);
    }
}

fn check_codes(error: &Error, sample: &Sample) {
    let Some(api_error) = error.api_error() else {
        assert_eq!(sample.http_status, 200, "{}", sample.name);
        return;
    };
    let name = &sample.name;
    if name == "error_is_string_400" {
        assert_eq!(api_error.code.as_deref(), Some("invalid_grant"));
        return;
    }
    assert_eq!(api_error.kind.as_deref(), sample.code("type"), "{name}");
    assert_eq!(api_error.code.as_deref(), sample.code("code"), "{name}");
    assert_eq!(
        api_error.decline_code.as_deref(),
        sample.code("decline_code"),
        "{name}"
    );
    assert_eq!(api_error.param.as_deref(), sample.code("param"), "{name}");
    assert_eq!(api_error.expose_message(), sample.code("message"), "{name}");
    let intent = api_error
        .payment_intent_id
        .as_ref()
        .map(stripe_http::PaymentIntentId::as_str);
    assert_eq!(
        intent,
        sample.body["error"]["payment_intent"]["id"].as_str(),
        "{name}"
    );

    // Stripe's text may echo the end of the key: it is nowhere but behind `expose_message`.
    if let Some(message) = sample.code("message") {
        assert!(
            !format!("{error} {error:?} {api_error} {api_error:?}").contains(message),
            "{name}"
        );
    }
}
