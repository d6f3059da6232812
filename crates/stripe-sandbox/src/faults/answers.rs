//! Stripe's errors as the faults give them. Source: Stripe docs, "Error codes" and "Rate limits".

use super::FaultKind;
use crate::v1::{StripeError, auth};

/// Whose request is refused: it stands in Stripe's words.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asker<'a> {
    pub(crate) api_key: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) idempotency_key: Option<&'a str>,
    /// What a restricted key would need for the request: title and name.
    pub(crate) permission: Option<(&'a str, &'a str)>,
}

/// The error that is answered before the request has any effect; none where the fault is another one.
pub(crate) fn refusal(kind: &FaultKind, asker: Asker<'_>) -> Option<StripeError> {
    match kind {
        FaultKind::ServerError => Some(server_error()),
        FaultKind::RateLimit => Some(rate_limit()),
        FaultKind::LockTimeout => Some(lock_timeout()),
        FaultKind::KeyInUse => Some(key_in_use(asker.idempotency_key)),
        FaultKind::ExpiredKey => Some(auth::expired_key(asker.api_key)),
        FaultKind::NotPermitted => Some(auth::not_permitted(
            asker.api_key,
            asker.account_id,
            asker.permission,
        )),
        _ => None,
    }
}

/// 500 `api_error`: whether the effect happened is not known to the caller.
pub(crate) fn server_error() -> StripeError {
    StripeError::other(500, "api_error", "An unknown error occurred")
}

/// 429: too many requests of one account. Goes with the header `Stripe-Rate-Limited-Reason`.
pub(crate) fn rate_limit() -> StripeError {
    StripeError::other(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    )
    .code("rate_limit")
}

/// 429: another request works on the object.
fn lock_timeout() -> StripeError {
    StripeError::other(
        429,
        "invalid_request_error",
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request. If you see this error frequently and are making multiple concurrent requests to a single object, make your requests serially or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
    )
    .code("lock_timeout")
    .retry(true)
}

/// 409: the first request with this key still runs.
pub(crate) fn key_in_use(key: Option<&str>) -> StripeError {
    let named = key.map(|key| format!(": {key}")).unwrap_or_default();
    StripeError::idempotency(
        409,
        format!("There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through){named}. Please try again later."),
    )
    .code("idempotency_key_in_use")
    .retry(true)
}
