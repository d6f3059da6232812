//! What can go wrong, sorted by what the caller does next.
//!
//! Decide on the variant, the status and Stripe's codes, never on text: Stripe's own message may
//! echo the end of a key, so no `Display` and no `Debug` here shows it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::PaymentIntentId;

/// A call that did not give us the object we asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bank or Stripe declined the card: tell the shopper, the payment stays payable.
    #[error("the card was declined: {0}")]
    Card(Box<ApiError>),
    /// The object is no longer in a state that allows this: read it again and decide.
    #[error("the object's state does not allow this: {0}")]
    UnexpectedState(Box<ApiError>),
    /// The object does not exist in this account and mode.
    #[error("no such object: {0}")]
    NotFound(Box<ApiError>),
    /// Stripe refuses the parameters, or the account may not do this: sending it again does not help.
    #[error("Stripe refused the request: {0}")]
    Invalid(Box<ApiError>),
    /// The key is wrong, expired or revoked: pause the store until the merchant reconnects.
    #[error("Stripe refused the key: {0}")]
    Authentication(Box<ApiError>),
    /// The (restricted) key lacks a permission: the merchant must extend it.
    #[error("the key lacks a permission: {0}")]
    Permission(Box<ApiError>),
    /// The idempotency key was used with other parameters: a defect of ours, alert.
    #[error("the idempotency key was used for something else: {0}")]
    Idempotency(Box<ApiError>),
    /// Another request holds the object or the idempotency key: try again later with the same key.
    #[error("another request is at work on this: {0}")]
    Conflict(Box<ApiError>),
    /// Too many requests for this account: back off for the whole store.
    #[error("Stripe limits the rate: {0}")]
    RateLimited(Box<ApiError>),
    /// Stripe failed (5xx): a mutation may have happened. Read, or send again with the same key.
    #[error("Stripe failed: {0}")]
    Unavailable(Box<ApiError>),
    /// No answer within the deadline.
    #[error("no answer from Stripe within the deadline")]
    Timeout {
        /// Whether a mutation may have happened.
        outcome: Outcome,
    },
    /// No connection, or it broke before the whole answer was here.
    #[error("the connection to Stripe failed")]
    Connection {
        /// Whether a mutation may have happened.
        outcome: Outcome,
        /// What the HTTP client says, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// An answer that is not what Stripe documents: cut, not JSON, over 4 MiB, a redirect.
    #[error("an answer that is not Stripe's (status {http_status})")]
    Undecodable {
        /// Status of the answer.
        http_status: u16,
        /// Stripe's request id, if there was one.
        request_id: Option<String>,
        /// Whether a mutation may have happened.
        outcome: Outcome,
    },
    /// The request could not be written; nothing was sent.
    #[error("the request could not be built")]
    Unsendable(#[from] Unsendable),
}

/// Whether a mutation that failed may have happened all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Stripe did not do it. Always so for a read.
    NotDone,
    /// Nobody knows: read the object, wait for the webhook, or send again with the same key.
    Unknown,
}

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    /// The key is empty or holds characters that no header can carry.
    #[error("the key cannot stand in a header")]
    Key,
    /// More of something than Stripe takes in one call.
    #[error("more than one call may name")]
    OverLimit,
    /// The parameters cannot be form-encoded.
    #[error(transparent)]
    Params(#[from] crate::form::NotAForm),
}

impl Error {
    /// What Stripe said, where it said something.
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Card(error)
            | Self::UnexpectedState(error)
            | Self::NotFound(error)
            | Self::Invalid(error)
            | Self::Authentication(error)
            | Self::Permission(error)
            | Self::Idempotency(error)
            | Self::Conflict(error)
            | Self::RateLimited(error)
            | Self::Unavailable(error) => Some(error),
            Self::Timeout { .. }
            | Self::Connection { .. }
            | Self::Undecodable { .. }
            | Self::Unsendable(_) => None,
        }
    }

    /// Whether the mutation may have happened, judged over all attempts. While this is true a new
    /// idempotency key risks doing it twice.
    pub fn is_outcome_unknown(&self) -> bool {
        self.outcome() == Outcome::Unknown
    }

    /// Whether the same request, with the same key, may succeed later without anyone's help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Conflict(_)
                | Self::RateLimited(_)
                | Self::Unavailable(_)
                | Self::Timeout { .. }
                | Self::Connection { .. }
                | Self::Undecodable { .. }
        )
    }

    /// How long Stripe asks us to wait, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api_error()?.retry_after
    }

    /// Stripe's id of the last request, for its support and its dashboard.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Undecodable { request_id, .. } => request_id.as_deref(),
            _ => self.api_error()?.request_id.as_deref(),
        }
    }

    /// Status of the last answer, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Undecodable { http_status, .. } => Some(*http_status),
            _ => self.api_error().map(|error| error.http_status),
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Timeout { outcome }
            | Self::Connection { outcome, .. }
            | Self::Undecodable { outcome, .. } => *outcome,
            Self::Unsendable(_) => Outcome::NotDone,
            _ => self
                .api_error()
                .map_or(Outcome::NotDone, |error| error.outcome),
        }
    }

    pub(crate) fn with_outcome(mut self, settled: Outcome) -> Self {
        match &mut self {
            Self::Timeout { outcome }
            | Self::Connection { outcome, .. }
            | Self::Undecodable { outcome, .. } => {
                *outcome = settled;
            }
            Self::Card(error)
            | Self::UnexpectedState(error)
            | Self::NotFound(error)
            | Self::Invalid(error)
            | Self::Authentication(error)
            | Self::Permission(error)
            | Self::Idempotency(error)
            | Self::Conflict(error)
            | Self::RateLimited(error)
            | Self::Unavailable(error) => error.outcome = settled,
            Self::Unsendable(_) => {}
        }
        self
    }

    /// Whether this answer also settles what an earlier attempt under the same key did: Stripe has
    /// looked at the request itself. Limits and key checks come before that.
    pub(crate) fn settles_earlier_attempts(&self) -> bool {
        matches!(
            self,
            Self::Card(_) | Self::UnexpectedState(_) | Self::NotFound(_) | Self::Invalid(_)
        )
    }
}

/// Stripe's error object (API reference, "Errors"), the parts that decide something.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.describe())]
pub struct ApiError {
    /// Status of the answer.
    pub http_status: u16,
    /// Stripe's `type`, for example `card_error`.
    pub kind: Option<String>,
    /// Stripe's `code`, for example `card_declined`.
    pub code: Option<String>,
    /// The bank's reason, for example `insufficient_funds`.
    pub decline_code: Option<String>,
    /// Name of the parameter that is wrong.
    pub param: Option<String>,
    /// Stripe's `Request-Id`.
    pub request_id: Option<String>,
    /// How long Stripe asks us to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The PaymentIntent that the error is about.
    pub payment_intent_id: Option<PaymentIntentId>,
    /// Whether the mutation may have happened, over all attempts.
    pub outcome: Outcome,
    /// Redacted by its type.
    pub(crate) message: Option<SecretString>,
}

impl ApiError {
    /// Stripe's own text. **Never for the outside**, not for a log either: it may echo parts of a
    /// key. Only a page that the store's owner alone sees may show it.
    pub fn expose_message(&self) -> Option<&str> {
        self.message.as_ref().map(ExposeSecret::expose_secret)
    }

    fn describe(&self) -> String {
        let codes = [&self.kind, &self.code, &self.decline_code, &self.param];
        let codes: Vec<&str> = codes.into_iter().flatten().map(String::as_str).collect();
        let request = self.request_id.as_deref().unwrap_or("without id");
        format!(
            "status {} [{}], request {request}",
            self.http_status,
            codes.join(", ")
        )
    }
}
