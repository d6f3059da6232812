//! Which key a request carries. Source: Stripe docs, "Authentication".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::v1::{Caller, StripeError};

/// The key of an `Authorization` header: `Bearer KEY`, or Basic with the key as the user name.
pub(crate) fn key_of(authorization: Option<&str>) -> Option<String> {
    let (scheme, value) = authorization?.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        return pair.split(':').next().map(str::to_owned);
    }
    None
}

/// 401 for a request without a key.
pub(crate) fn no_key() -> StripeError {
    StripeError::unauthenticated(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
    )
}

/// 401 for a key that no account has.
pub(crate) fn unknown_key(key: &str) -> StripeError {
    StripeError::unauthenticated(format!("Invalid API Key provided: {}", redacted(key)))
}

/// 401 for a key that was rolled, or that its owner has ended.
pub(crate) fn expired_key(key: &str) -> StripeError {
    StripeError::unauthenticated(format!("Expired API Key provided: {}", redacted(key)))
        .code("api_key_expired")
}

/// 403 for a restricted key without the permission, which is (`Payment Intents Write`, `payment_intent_write`).
pub(crate) fn not_permitted(
    key: &str,
    account_id: &str,
    permission: Option<(&str, &str)>,
) -> StripeError {
    let remedy = match permission {
        Some((name, scope)) => format!(
            "Enabling \"{name}\" ('{scope}') permissions on this key would allow this request to continue."
        ),
        None => "This is a restricted API key, but the required permissions are not available for use by restricted keys.".to_owned(),
    };
    let message = format!(
        "The provided key '{}' does not have the required permissions for this endpoint on account '{account_id}'. {remedy}",
        redacted(key)
    );
    StripeError::other(403, "invalid_request_error", &message).code("more_permissions_required")
}

/// 400 for a live payment of an account that Stripe has restricted.
pub(crate) fn cannot_charge() -> StripeError {
    StripeError::invalid("Your account cannot currently make live charges.").code("account_invalid")
}

/// 401 for a publishable key where a secret key is needed.
pub(crate) fn check_kind(caller: Caller, publishable_allowed: bool) -> Result<(), StripeError> {
    if caller == Caller::Secret || publishable_allowed {
        return Ok(());
    }
    Err(StripeError::unauthenticated(
        "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
    )
    .code("secret_key_required"))
}

/// 403 for a `Stripe-Account` header that names another account.
pub(crate) fn foreign_account(key: &str, account_id: &str) -> StripeError {
    let message = format!(
        "The provided key '{}' does not have access to account '{account_id}' (or that account does not exist). Application access may have been revoked.",
        redacted(key)
    );
    StripeError::other(403, "invalid_request_error", &message).code("account_invalid")
}

/// `sk_test_********************1234`: the kind and mode, stars, and the last four characters.
pub(crate) fn redacted(key: &str) -> String {
    /// A shorter rest would be shown whole.
    const MIN_HIDDEN_CHARS: usize = 8;
    let prefix_bytes = key.match_indices('_').nth(1).map_or(0, |(at, _)| at + 1);
    let (prefix, rest) = key.split_at(prefix_bytes);
    let chars: Vec<char> = rest.chars().collect();
    if chars.len() < MIN_HIDDEN_CHARS {
        return format!("{prefix}{}", "*".repeat(chars.len()));
    }
    let shown: String = chars[chars.len() - 4..].iter().collect();
    format!("{prefix}{}{shown}", "*".repeat(chars.len() - 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_bearer_and_basic() {
        assert_eq!(
            key_of(Some("Bearer sk_test_FAKE")).as_deref(),
            Some("sk_test_FAKE")
        );
        let basic = format!("Basic {}", STANDARD.encode("sk_test_FAKE:"));
        assert_eq!(key_of(Some(&basic)).as_deref(), Some("sk_test_FAKE"));
        assert_eq!(key_of(Some("Digest x")), None);
        assert_eq!(key_of(None), None);
    }

    #[test]
    fn a_refused_key_is_not_shown() {
        assert_eq!(
            redacted("sk_test_FAKEEXAMPLE1234"),
            "sk_test_***********1234"
        );
        assert_eq!(redacted("sk_test_abc"), "sk_test_***");
        assert_eq!(redacted("hunter2"), "*******");
    }
}
