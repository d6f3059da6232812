//! Failures on request: what a test wants the next matching requests to meet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::v1::StripeError;

/// More than any test sets at once.
const MAX_FAULTS: usize = 1_000;

/// A fault and the requests that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Requests whose path starts with this.
    pub(crate) path_prefix: String,
    /// `POST`, `GET`, …; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Only requests with a key of this account; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// How many requests meet it.
    #[serde(default = "once")]
    pub(crate) times: u32,
    pub(crate) kind: FaultKind,
    /// Put on the answer, e.g. `Retry-After` or `Stripe-Should-Retry`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
}

/// What happens. In JSON a string, or `{"latency_ms": 250}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FaultKind {
    /// Stripe's own error, before the effect.
    #[serde(rename = "500")]
    ServerError,
    /// The rate limiter.
    #[serde(rename = "429")]
    RateLimit,
    /// Another request works on the same object.
    #[serde(rename = "lock_timeout")]
    LockTimeout,
    /// Another request holds the idempotency key.
    #[serde(rename = "409")]
    KeyInUse,
    /// The key was rolled in the dashboard.
    #[serde(rename = "401")]
    ExpiredKey,
    /// A restricted key without the permission.
    #[serde(rename = "403")]
    NotPermitted,
    /// A proxy's page instead of JSON.
    #[serde(rename = "html_502")]
    Html502,
    /// A success whose JSON is cut short.
    #[serde(rename = "truncated_200")]
    Truncated,
    /// The connection is cut before the effect.
    #[serde(rename = "reset")]
    Reset,
    /// The answer is late by this many milliseconds; the effect comes after the wait.
    #[serde(rename = "latency_ms")]
    LatencyMs(u64),
    /// The effect happens, and no answer comes until the caller gives up.
    #[serde(rename = "after_effect_timeout")]
    AfterEffectTimeout,
    /// The effect happens, and the connection is cut.
    #[serde(rename = "after_effect_reset")]
    AfterEffectReset,
    /// The effect happens, and the answer is Stripe's own error.
    #[serde(rename = "after_effect_500")]
    AfterEffect500,
}

/// The faults that are set, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Sets a fault; false if there are too many.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        let room = self.0.len() < MAX_FAULTS;
        if room && fault.times > 0 {
            self.0.push(fault);
        }
        room
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// The fault that this request meets, if any; it is used up by it.
    pub(crate) fn take(
        &mut self,
        method: &str,
        path: &str,
        account: Option<&str>,
    ) -> Option<Fault> {
        let index = self.0.iter().position(|fault| {
            path.starts_with(&fault.path_prefix)
                && fault
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault
                    .account
                    .as_deref()
                    .is_none_or(|wanted| account == Some(wanted))
        })?;
        let fault = &mut self.0[index];
        fault.times -= 1;
        let met = fault.clone();
        if met.times == 0 {
            self.0.remove(index);
        }
        Some(met)
    }
}

impl FaultKind {
    /// The request has no effect, and its answer is not Stripe's.
    pub(crate) fn cuts_before(self) -> bool {
        matches!(self, Self::Reset | Self::Html502)
    }

    /// The error that is answered before the request has any effect.
    pub(crate) fn refusal(self) -> Option<StripeError> {
        let invalid =
            |status, message| StripeError::other(status, "invalid_request_error", message);
        match self {
            Self::ServerError => Some(server_error()),
            Self::RateLimit => Some(
                invalid(429, "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.")
                    .code("rate_limit"),
            ),
            Self::LockTimeout => Some(
                invalid(429, "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.")
                    .code("lock_timeout")
                    .retry(true),
            ),
            Self::KeyInUse => Some(
                StripeError::idempotency(409, "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through). Please try again later.")
                    .code("idempotency_key_in_use")
                    .retry(true),
            ),
            Self::ExpiredKey => {
                Some(invalid(401, "Expired API Key provided: sk_****************").code("api_key_expired"))
            }
            Self::NotPermitted => Some(
                invalid(403, "The provided key does not have the required permissions for this endpoint.")
                    .code("more_permissions_required"),
            ),
            _ => None,
        }
    }
}

/// 500 `api_error`: whether the effect happened is not known to the caller.
pub(crate) fn server_error() -> StripeError {
    StripeError::other(500, "api_error", "An unknown error occurred")
}

const fn once() -> u32 {
    1
}
