//! The one [`ApiError`] that every JSON route answers with, and every conversion into it.
//!
//! `Display` and the answer are public: they never hold a database's or Stripe's own text, a key, or another
//! tenant's data. The cause travels as `source` and is logged once, by the request log.

mod answer;
mod from;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{Method, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use answer::Envelope;

tokio::task_local! {
    /// The id of the request that this task answers; set by the request log.
    pub static REQUEST_ID: String;
}

/// Stripe's vocabulary of error types ("Errors" in Stripe's API reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// The request cannot be done as it is.
    InvalidRequestError,
    /// No or wrong credentials.
    AuthenticationError,
    /// The card was refused.
    CardError,
    /// The idempotency key was used for something else.
    IdempotencyError,
    /// Too many requests.
    RateLimitError,
    /// Not the caller's fault.
    ApiError,
}

/// An error as the caller sees it. Build it with one of the constructors, then add what is known.
pub struct ApiError(Box<Fields>);

/// Boxed, so that every `Result` of a handler stays small.
struct Fields {
    status: StatusCode,
    kind: ErrorType,
    code: &'static str,
    message: Cow<'static, str>,
    param: Option<Cow<'static, str>>,
    decline_code: Option<String>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

type Message = Cow<'static, str>;

impl ApiError {
    fn new(
        status: StatusCode,
        kind: ErrorType,
        code: &'static str,
        message: impl Into<Message>,
    ) -> Self {
        Self(Box::new(Fields {
            status,
            kind,
            code,
            message: message.into(),
            param: None,
            decline_code: None,
            retry_after_s: None,
            allow: None,
            source: None,
        }))
    }

    /// 400: the request itself is malformed.
    pub fn malformed(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ErrorType::InvalidRequestError,
            code,
            message,
        )
    }

    /// 401: no credential or a wrong one; the same words for both.
    pub fn unauthorized(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorType::AuthenticationError,
            code,
            message,
        )
    }

    /// 402: the payment did not go through.
    pub fn payment(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::PAYMENT_REQUIRED,
            ErrorType::CardError,
            code,
            message,
        )
    }

    /// 403: the caller is known, but may not do this.
    pub fn forbidden(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ErrorType::InvalidRequestError,
            code,
            message,
        )
    }

    /// 404: unknown, or not the caller's; never tells which.
    pub fn not_found(what: &'static str) -> Self {
        let message = format!("No such {what}. Check its id, and that it belongs to this store.");
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorType::InvalidRequestError,
            "resource_missing",
            message,
        )
    }

    /// 404 for a path that is in no row of the route table.
    pub fn unknown_path() -> Self {
        let message = "No such path. Check the URL against the API's documentation.";
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorType::InvalidRequestError,
            "unknown_path",
            message,
        )
    }

    /// 405, with the methods that the path knows.
    pub fn method_not_allowed(allowed: &[Method]) -> Self {
        let allow = allowed
            .iter()
            .map(Method::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!("This path does not know the method. Use {allow}.");
        let mut error = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorType::InvalidRequestError,
            "method_not_allowed",
            message,
        );
        error.0.allow = Some(allow);
        error
    }

    /// 409: the state of things does not permit it.
    pub fn conflict(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ErrorType::InvalidRequestError,
            code,
            message,
        )
    }

    /// 409: the idempotency key belongs to another request.
    pub fn idempotency(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ErrorType::IdempotencyError,
            code,
            message,
        )
    }

    /// 410: expired or used up.
    pub fn gone(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::GONE,
            ErrorType::InvalidRequestError,
            code,
            message,
        )
    }

    /// 413: larger than the route accepts.
    pub fn too_large(max_bytes: usize) -> Self {
        let message = format!("The body is too large. Send at most {max_bytes} bytes.");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorType::InvalidRequestError,
            "body_too_large",
            message,
        )
    }

    /// 415: another content type or encoding than the route reads.
    pub fn unsupported_media_type(message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorType::InvalidRequestError,
            "unsupported_media_type",
            message,
        )
    }

    /// 422: well-formed, but impossible.
    pub fn unprocessable(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorType::InvalidRequestError,
            code,
            message,
        )
    }

    /// 429: try again after so many seconds.
    pub fn rate_limited(retry_after_s: u64) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorType::RateLimitError,
            "rate_limit",
            "Too many requests. Wait for the seconds in Retry-After, then try again.",
        );
        error.0.retry_after_s = Some(retry_after_s);
        error
    }

    /// 429: too many payments were begun, by one caller, for one purchase, or at a store where cards are being tested.
    pub fn too_many_attempts(retry_after_s: u64) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorType::RateLimitError,
            "too_many_attempts",
            "Too many payments were started here. Nothing was charged. Wait a moment, then try again.",
        );
        error.0.retry_after_s = Some(retry_after_s);
        error
    }

    /// 500: a bug of ours.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorType::ApiError,
            "internal_error",
            "Something went wrong on our side. Try again; if it stays, report the request id.",
        )
        .caused_by(source)
    }

    /// 502: Stripe answered with a failure that is not the caller's fault.
    pub fn bad_gateway(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, ErrorType::ApiError, code, message)
    }

    /// 503: something that we need is down for a moment.
    pub fn unavailable(
        code: &'static str,
        message: impl Into<Message>,
        retry_after_s: u64,
    ) -> Self {
        let mut error = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorType::ApiError,
            code,
            message,
        );
        error.0.retry_after_s = Some(retry_after_s);
        error
    }

    /// 504: Stripe did not answer in time.
    pub fn gateway_timeout(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            ErrorType::ApiError,
            code,
            message,
        )
    }

    /// Names the field that is wrong.
    #[must_use]
    pub fn param(mut self, param: impl Into<Message>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Adds Stripe's decline code.
    #[must_use]
    pub fn decline_code(mut self, decline_code: Option<String>) -> Self {
        self.0.decline_code = decline_code;
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The machine-readable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The field that is wrong.
    pub fn named_param(&self) -> Option<&str> {
        self.0.param.as_deref()
    }

    /// What to do next, in words for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

/// For the log: the code and the chain of causes. The types behind `source` redact themselves.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)?;
        let mut cause = self
            .0
            .source
            .as_deref()
            .map(|source| source as &dyn std::error::Error);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
