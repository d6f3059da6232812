//! What Stripe refuses of a new session.

use crate::api::check;
use crate::currencies::{self, AmountProblem};
use crate::params::Params;
use crate::v1::{Call, StripeError};

/// Stripe API reference: "anywhere from 30 minutes to 24 hours after Checkout Session creation".
const EARLIEST_SECONDS: i64 = 30 * 60;
const LATEST_SECONDS: i64 = 24 * 60 * 60;
/// Stripe API reference, `subscription_data`: "Has to be at least 48 hours in the future."
const TRIAL_SECONDS: i64 = 48 * 60 * 60;
const MAX_TRIAL_DAYS: i64 = 730;
/// Stripe API reference: `client_reference_id` "up to 200 characters".
const REFERENCE_CHARS: usize = 200;

/// Texts that must look like what they are, and objects that must be there.
pub(super) fn texts(call: &Call<'_>) -> Result<(), StripeError> {
    let params = &call.params;
    if let Some(email) = params.text("customer_email") {
        check::email("customer_email", email)?;
    }
    if let Some(reference) = params.text("client_reference_id") {
        check::length("client_reference_id", reference, REFERENCE_CHARS)?;
    }
    if let Some(customer) = params.text("customer") {
        let found = call.ledger.documents.find("customer", customer);
        found.map_err(|_| StripeError::no_such("customer", customer, "customer"))?;
    }
    for (name, kind) in [
        ("customer_account", "account"),
        (
            "payment_method_configuration",
            "payment_method_configuration",
        ),
    ] {
        if let Some(id) = params.text(name) {
            return Err(StripeError::no_such(kind, id, name));
        }
    }
    if params.part("automatic_tax").flag("enabled") {
        return Err(StripeError::invalid("You must have a valid head office address to enable automatic tax calculation in test mode. Visit https://dashboard.stripe.com/test/settings/tax to update it.")
            .param("automatic_tax"));
    }
    discounts(params)
}

/// The sandbox has no coupons, so that none exists.
fn discounts(params: &Params) -> Result<(), StripeError> {
    let first = params.list("discounts").and_then(|all| all.first());
    for (name, words) in [("coupon", "coupon"), ("promotion_code", "promotion code")] {
        if let Some(id) = first.and_then(|first| first[name].as_str()) {
            return Err(StripeError::no_such(
                words,
                id,
                &format!("discounts[0][{name}]"),
            ));
        }
    }
    Ok(())
}

/// Parameters of which only one may be given.
pub(super) fn exclusions(call: &Call<'_>) -> Result<(), StripeError> {
    let both = |a: &str, b: &str| call.params.get(a).is_some() && call.params.get(b).is_some();
    for (a, b) in [
        ("customer", "customer_email"),
        ("allow_promotion_codes", "discounts"),
        ("payment_method_types", "allowed_payment_method_types"),
    ] {
        if both(a, b) {
            return Err(StripeError::invalid(format!(
                "You may only specify one of these parameters: {a}, {b}."
            ))
            .param(a));
        }
    }
    if both("customer", "customer_creation") {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: customer, customer_creation.",
        )
        .param("customer_creation"));
    }
    if call.params.get("customer_update").is_some() && call.params.text("customer").is_none() {
        return Err(
            StripeError::invalid("`customer_update` can only be used with `customer`.")
                .param("customer_update"),
        );
    }
    Ok(())
}

pub(super) fn mode(params: &Params) -> Result<&'static str, StripeError> {
    match params.text("mode") {
        Some("payment") => Ok("payment"),
        Some("subscription") => Ok("subscription"),
        Some("setup") => Ok("setup"),
        _ => Err(check::missing("mode")),
    }
}

/// Parameters that belong to another mode.
pub(super) fn fits_mode(params: &Params, mode: &str) -> Result<(), StripeError> {
    const ONLY_IN: &[(&str, &[&str])] = &[
        ("customer_creation", &["payment", "setup"]),
        ("invoice_creation", &["payment"]),
        ("line_items", &["payment", "subscription"]),
        ("payment_intent_data", &["payment"]),
        ("payment_method_collection", &["subscription"]),
        ("setup_intent_data", &["setup"]),
        ("shipping_options", &["payment", "subscription"]),
        ("subscription_data", &["subscription"]),
    ];
    for (name, modes) in ONLY_IN {
        if params.get(name).is_some() && !modes.contains(&mode) {
            let message = format!("You can not pass `{name}` in `{mode}` mode.");
            return Err(StripeError::invalid(message).param(name));
        }
    }
    let kinds = params
        .get("payment_method_types")
        .or(params.get("allowed_payment_method_types"));
    if mode == "setup" && params.text("currency").is_none() && kinds.is_none() {
        return Err(check::missing("currency"));
    }
    Ok(())
}

/// Where the customer goes afterwards.
pub(super) fn addresses(params: &Params) -> Result<(), StripeError> {
    for name in ["success_url", "cancel_url", "return_url"] {
        if let Some(url) = params.text(name) {
            check::web_url(name, url)?;
        }
    }
    let ui_mode = params.text("ui_mode").unwrap_or("hosted_page");
    let refused = |name: &str| {
        let message = format!("You can not pass `{name}` when `ui_mode` is `{ui_mode}`.");
        Err(StripeError::invalid(message).param(name))
    };
    if ui_mode == "hosted_page" {
        for name in ["return_url", "redirect_on_completion"] {
            if params.get(name).is_some() {
                return refused(name);
            }
        }
        return params
            .text("success_url")
            .map(|_| ())
            .ok_or_else(|| check::missing("success_url"));
    }
    for name in ["success_url", "cancel_url"] {
        if params.get(name).is_some() {
            return refused(name);
        }
    }
    let stays = params.text("redirect_on_completion") == Some("never");
    if !stays && params.text("return_url").is_none() {
        return Err(check::missing("return_url"));
    }
    Ok(())
}

pub(super) fn expires_at(params: &Params, now: i64) -> Result<i64, StripeError> {
    let at = params.integer("expires_at").unwrap_or(now + LATEST_SECONDS);
    let bound = if at < now + EARLIEST_SECONDS {
        "at least 30 minutes"
    } else if at > now + LATEST_SECONDS {
        "less than 24 hours"
    } else {
        return Ok(at);
    };
    Err(StripeError::invalid(format!(
        "The `expires_at` timestamp must be {bound} from Checkout Session creation."
    ))
    .param("expires_at"))
}

pub(super) fn subscription_data(params: &Params, now: i64) -> Result<(), StripeError> {
    let data = params.part("subscription_data");
    let (days, end) = (data.integer("trial_period_days"), data.integer("trial_end"));
    if days.is_some() && end.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: subscription_data[trial_end], subscription_data[trial_period_days].")
            .param("subscription_data[trial_end]"));
    }
    if let Some(days) = days {
        check::at_least("subscription_data[trial_period_days]", days, 1)?;
        check::at_most("subscription_data[trial_period_days]", days, MAX_TRIAL_DAYS)?;
    }
    if end.is_some_and(|end| end < now + TRIAL_SECONDS) {
        return Err(StripeError::invalid(
            "`subscription_data[trial_end]` must be at least 48 hours in the future.",
        )
        .param("subscription_data[trial_end]"));
    }
    Ok(())
}

/// Nothing to pay is allowed; an amount that cannot be charged is not.
pub(super) fn total(mode: &str, total: i64, currency: &str) -> Result<(), StripeError> {
    if mode != "payment" || total == 0 {
        return Ok(());
    }
    match currencies::check_amount(total, currency) {
        Ok(()) => Ok(()),
        Err(AmountProblem::TooSmall(least)) => Err(StripeError::invalid(format!(
            "The Checkout Session's total amount due must add up to at least {least}"
        ))
        .code("amount_too_small")),
        Err(AmountProblem::TooLarge(most)) => Err(StripeError::invalid(format!(
            "The Checkout Session's total amount due must be no more than {most}"
        ))
        .code("amount_too_large")),
        Err(AmountProblem::NotAMultiple(step)) => Err(StripeError::invalid(format!(
            "Invalid amount: amounts in {currency} must be divisible by {step}."
        ))
        .code("parameter_invalid_integer")),
    }
}
