//! What a browser may say when it confirms: everybody knows a publishable key, so that what is the
//! merchant's to decide needs the secret one.

use serde_json::Value;

use crate::params::Params;
use crate::v1::{Call, Caller, StripeError};

/// What Stripe's own clients (Stripe.js and the SDKs for phones) send.
const ALLOWED: &[&str] = &[
    "client_secret",
    "confirmation_token",
    "expected_payment_method_type",
    "key",
    "mandate",
    "mandate_data",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "radar_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "use_stripe_sdk",
];
const CARD_OPTIONS_ALLOWED: &[&str] =
    &["cvc_token", "installments", "network", "setup_future_usage"];

/// Refuses what needs the secret key; for payments and set-ups.
pub(crate) fn check(call: &Call<'_>) -> Result<(), StripeError> {
    if call.caller == Caller::Secret {
        return Ok(());
    }
    let refused = |name: &str| !ALLOWED.contains(&name);
    if let Some((name, _)) = call.params.given().find(|(name, _)| refused(name)) {
        return Err(needs_secret_key(name));
    }
    let card = call.params.part("payment_method_options").part("card");
    let refused = |name: &str| !CARD_OPTIONS_ALLOWED.contains(&name);
    match card.given().find(|(name, _)| refused(name)) {
        Some((name, _)) => Err(needs_secret_key(&format!(
            "payment_method_options[card][{name}]"
        ))),
        None => Ok(()),
    }
}

/// Refuses what would undo what the merchant has said before.
pub(super) fn check_changes(call: &Call<'_>, id: &str) -> Result<(), StripeError> {
    let found = call.ledger.payment_intents.get(id);
    let Some(intent) = found.filter(|_| call.caller == Caller::Publishable) else {
        return Ok(());
    };
    let known = intent
        .echoed
        .get("shipping")
        .filter(|known| !known.is_null());
    let by_browser = intent.shipping_set_by == Some(Caller::Publishable);
    if call.params.get("shipping").is_some() && known.is_some() && !by_browser {
        return Err(StripeError::invalid(
            "The shipping information on this PaymentIntent was last set with a secret key and therefore cannot be changed with a publishable key. Please use your secret key instead.",
        )
        .param("shipping"));
    }
    let card = call.params.part("payment_method_options").part("card");
    later_use(
        "setup_future_usage",
        &call.params,
        intent.echoed.get("setup_future_usage"),
    )?;
    later_use(
        "payment_method_options[card][setup_future_usage]",
        &card,
        intent.card_options.get("setup_future_usage"),
    )
}

/// Source: Stripe API reference, "Confirm a PaymentIntent": "you can only update the value from
/// `on_session` to `off_session`".
fn later_use(param: &str, given: &Params, before: Option<&Value>) -> Result<(), StripeError> {
    let given = given.get("setup_future_usage");
    let before = before.filter(|before| !before.is_null());
    let may = match (before, given.map(Value::as_str)) {
        (None, _) | (_, None) => true,
        (Some(before), Some(after)) => before.as_str() == after || after == Some("off_session"),
    };
    if may {
        return Ok(());
    }
    Err(StripeError::invalid(
        "You can only update `setup_future_usage` from `on_session` to `off_session` with a publishable key. Please use your secret key instead.",
    )
    .param(param))
}

fn needs_secret_key(param: &str) -> StripeError {
    StripeError::invalid(format!(
        "The `{param}` parameter cannot be set with a publishable key. Please use your secret key instead."
    ))
    .param(param)
}
