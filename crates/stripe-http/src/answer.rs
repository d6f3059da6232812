//! From one HTTP answer to the object that was asked for, or to a typed error.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ApiError, Error, Outcome};
use crate::{PaymentIntentId, retry};

/// Bound on an answer. Stripe's largest objects that we read are some hundred kilobytes.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Bound on a code, a type or a request id that ends in a log line.
const MAX_WORD_BYTES: usize = 200;

/// One answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    /// `Stripe-Should-Retry`, which outranks our own judgement.
    pub(crate) should_retry: Option<bool>,
    pub(crate) retry_after: Option<Duration>,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    TooLarge,
}

impl Answer {
    /// Reads the body up to its bound; fails when the connection breaks first.
    pub(crate) async fn read(mut response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let request_id = header(headers, "request-id").and_then(word);
        let should_retry = match header(headers, "stripe-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let retry_after =
            retry::retry_after(header(headers, "retry-after"), header(headers, "date"));

        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Ok(Self {
                    status,
                    request_id,
                    should_retry,
                    retry_after,
                    body: Body::TooLarge,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status,
            request_id,
            should_retry,
            retry_after,
            body: Body::Whole(body),
        })
    }

    /// The object of a 2xx, or what the failure means.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match (self.status, &self.body) {
            (200..=299, Body::Whole(body)) => {
                serde_json::from_slice(body).map_err(|_| self.undecodable())
            }
            (400..=599, Body::Whole(body)) => {
                Err(self.failure(&serde_json::from_slice(body).unwrap_or_default()))
            }
            (400..=599, Body::TooLarge) => Err(self.failure(&Value::Null)),
            _ => Err(self.undecodable()),
        }
    }

    fn undecodable(&self) -> Error {
        Error::Undecodable {
            http_status: self.status,
            request_id: self.request_id.clone(),
            outcome: Outcome::Unknown,
        }
    }

    fn failure(&self, body: &Value) -> Error {
        let error = Box::new(self.api_error(&body["error"]));
        let kind = error.kind.as_deref();
        let code = error.code.as_deref();
        match self.status {
            500.. => Error::Unavailable(error),
            401 => Error::Authentication(error),
            403 => Error::Permission(error),
            _ if code == Some("lock_timeout") => Error::Conflict(error),
            409 => Error::Conflict(error),
            429 => Error::RateLimited(error),
            404 => Error::NotFound(error),
            _ if kind == Some("idempotency_error") => Error::Idempotency(error),
            _ if self.status == 402 || kind == Some("card_error") => Error::Card(error),
            _ if code.is_some_and(names_a_state) => Error::UnexpectedState(error),
            _ => Error::Invalid(error),
        }
    }

    /// Takes what is there: a proxy or an OAuth endpoint may send `error` as text, or none.
    fn api_error(&self, error: &Value) -> ApiError {
        let text = |name: &str| error[name].as_str();
        let code = text("code").or(error.as_str()).and_then(word);
        let payment_intent = error["payment_intent"]["id"].as_str();
        ApiError {
            http_status: self.status,
            kind: text("type").and_then(word),
            outcome: self.outcome(code.as_deref()),
            code,
            decline_code: text("decline_code").and_then(word),
            param: text("param").and_then(word),
            request_id: self.request_id.clone(),
            retry_after: self.retry_after,
            payment_intent_id: payment_intent.and_then(|id| PaymentIntentId::parse(id).ok()),
            message: text("message").map(SecretString::from),
        }
    }

    /// A lock that was not got did nothing; a key in use is a request still at work.
    fn outcome(&self, code: Option<&str>) -> Outcome {
        match self.status {
            500.. => Outcome::Unknown,
            409 if code != Some("lock_timeout") => Outcome::Unknown,
            _ => Outcome::NotDone,
        }
    }
}

/// Stripe, "Error codes": the object was in another state than the request needs.
fn names_a_state(code: &str) -> bool {
    matches!(
        code,
        "payment_intent_unexpected_state"
            | "setup_intent_unexpected_state"
            | "charge_already_captured"
            | "charge_already_refunded"
            | "charge_expired_for_capture"
    )
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    headers.get(HeaderName::from_static(name))?.to_str().ok()
}

/// Keeps what may stand in a log line: short and without spaces or control characters.
fn word(text: &str) -> Option<String> {
    let plain = !text.is_empty()
        && text.len() <= MAX_WORD_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| text.to_owned())
}
