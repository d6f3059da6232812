//! Stripe's error bodies. Source: Stripe docs, "Errors" and "Error codes".

use serde_json::{Map, Value};

use crate::cards::Decline;

/// An answer that is not the object that was asked for.
#[derive(Debug)]
pub(crate) struct StripeError {
    pub(crate) status: u16,
    fields: Map<String, Value>,
    /// The `Stripe-Should-Retry` header, where Stripe sends one.
    pub(crate) should_retry: Option<bool>,
    acted: bool,
}

impl StripeError {
    fn new(status: u16, kind: &str, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("message".to_owned(), Value::String(message.into()));
        fields.insert("type".to_owned(), Value::String(kind.to_owned()));
        Self {
            status,
            fields,
            should_retry: None,
            acted: false,
        }
    }

    /// 400 `invalid_request_error`.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// 401: the key is missing, unknown or of the wrong kind.
    pub(crate) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    /// 404 `resource_missing`. `kind` is the object's name in Stripe's words.
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        Self::new(
            404,
            "invalid_request_error",
            format!("No such {kind}: '{id}'"),
        )
        .code("resource_missing")
        .param(missing_param(kind))
    }

    /// 400 `resource_missing`: a parameter names an object that is not there.
    pub(crate) fn no_such(kind: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {kind}: '{id}'"))
            .code("resource_missing")
            .param(param)
    }

    /// A text above a bound. Stripe shows both ends of it and gives no code.
    pub(crate) fn too_long(param: &str, text: &str, max_chars: usize) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let shown: String = match (
            chars.get(..SHOWN_CHARS),
            chars.len().checked_sub(SHOWN_CHARS),
        ) {
            (Some(start), Some(rest)) if rest > SHOWN_CHARS => {
                let dots = ['.'; 3];
                let end = chars.get(rest..).unwrap_or_default();
                start.iter().chain(&dots).chain(end).collect()
            }
            _ => text.to_owned(),
        };
        Self::invalid(format!(
            "Invalid string: {shown}; must be at most {max_chars} characters"
        ))
        .param(param)
    }

    /// `idempotency_error` with status 400 (other parameters) or 409 (still running).
    pub(crate) fn idempotency(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "idempotency_error", message)
    }

    /// 402 `card_error`.
    pub(crate) fn card(decline: Decline, message: &str) -> Self {
        let mut error = Self::new(402, "card_error", message).code(decline.code);
        if !decline.decline_code.is_empty() {
            error = error.with("decline_code", decline.decline_code);
        }
        if let Some(advice) = decline.advice() {
            error = error.with("advice_code", advice);
        }
        if let Some(param) = decline.param() {
            error = error.param(param);
        }
        error.should_retry = Some(false);
        error
    }

    /// 402 `card_error` without a charge: authentication that was failed.
    pub(crate) fn authentication_failed(message: &str) -> Self {
        let mut error =
            Self::new(402, "card_error", message).code("payment_intent_authentication_failure");
        error.should_retry = Some(false);
        error
    }

    /// 402 `card_error` without a charge: a challenge that the merchant does not want.
    /// Source: Stripe docs, "Error codes".
    pub(crate) fn action_required() -> Self {
        let mut error = Self::new(
            402,
            "card_error",
            "The provided payment method requires customer actions to complete, but `error_on_requires_action` was set. If you'd like to add this payment method to your integration, we recommend that you first upgrade your integration to handle actions.",
        )
        .code("payment_intent_action_required");
        error.should_retry = Some(false);
        error
    }

    /// Any other status; used by injected faults and transport refusals.
    pub(crate) fn other(status: u16, kind: &str, message: &str) -> Self {
        Self::new(status, kind, message)
    }

    pub(crate) fn code(self, code: &str) -> Self {
        let doc_url = format!(
            "https://stripe.com/docs/error-codes/{}",
            code.replace('_', "-")
        );
        self.with("code", code).with("doc_url", doc_url)
    }

    pub(crate) fn param(self, param: &str) -> Self {
        self.with("param", param)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn retry(mut self, should_retry: bool) -> Self {
        self.should_retry = Some(should_retry);
        self
    }

    /// One field of the error, where it is a string.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// The error as it stands in `last_payment_error`: without what only the answer carries.
    pub(crate) fn as_last_payment_error(&self, payment_method: Value) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("payment_method".to_owned(), payment_method);
        fields.sort_keys();
        Value::Object(fields)
    }

    /// The request has had an effect all the same.
    pub(crate) fn acted(mut self) -> Self {
        self.acted = true;
        self
    }

    /// Whether the request failed before Stripe began to execute it, so that its idempotency key is
    /// still unused. Source: Stripe docs, "Idempotent requests".
    pub(crate) fn before_execution(&self) -> bool {
        let refused = matches!(self.status, 401 | 403 | 409 | 429)
            || (self.status == 400 && self.field("param").is_some());
        refused && !self.acted
    }

    /// The body, with the link to the request's log line that Stripe adds.
    pub(crate) fn body(mut self, request_id: &str, livemode: bool) -> Value {
        let mode = if livemode { "" } else { "test/" };
        let url = format!("https://dashboard.stripe.com/{mode}logs/{request_id}");
        self.fields
            .insert("request_log_url".to_owned(), Value::String(url));
        self.fields.sort_keys();
        serde_json::json!({ "error": self.fields })
    }
}

/// How much of each end of a text that is too long an error repeats.
const SHOWN_CHARS: usize = 10;

/// The parameter that Stripe names when an object is not there.
fn missing_param(kind: &str) -> &str {
    match kind {
        "payment_intent" | "setup_intent" => "intent",
        "PaymentMethod" => "payment_method",
        "webhook endpoint" => "webhook_endpoint",
        _ => "id",
    }
}
