//! `POST /v1/payment_intents`. Source: Stripe API reference, "Create a PaymentIntent".

use serde_json::Value;

use super::{checks, confirm, outcome, statement};
use crate::api::{check, payment_methods};
use crate::objects::{CaptureMethod, PaymentIntent, Status, merge_metadata};
use crate::payments::{self, wallet};
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let currency = check::currency("currency", call.params.text("currency").unwrap_or_default())?;
    let amount = call.params.integer("amount").unwrap_or_default();
    checks::amount(amount, currency)?;
    checks::references(call)?;
    let (automatic, types) = payment_method_types(call)?;
    statement::check(&call.params, types.iter().any(|name| name == "card"))?;
    let confirms = call.params.flag("confirm");
    if confirms {
        checks::return_url(call, automatic.as_deref())?;
    } else {
        only_with_confirm(call)?;
        checks::moto_needs_confirm(&call.params)?;
    }
    let customer = call.params.text("customer").map(str::to_owned);
    let payment_method = payment_methods::given(call)?;
    checks::usable(call, payment_method.as_deref(), customer.as_deref())?;
    if payment_method.is_some() {
        wallet::check_card_allowed(&types, "PaymentIntent")?;
    }
    let mut intent = PaymentIntent::new(amount, currency, call.ledger.livemode, call.origin.now);
    if payment_method.is_some() {
        intent.status = Status::RequiresConfirmation;
    }
    intent.capture_method = CaptureMethod::from_param(call.params.text("capture_method"));
    intent.confirmation_is_manual = call.params.text("confirmation_method") == Some("manual");
    intent.automatic_payment_methods = automatic;
    intent.payment_method_types = types;
    intent.customer = customer;
    intent.payment_method = payment_method;
    merge_metadata(&mut intent.metadata, call.params.get("metadata"));
    checks::echo(&mut intent.echoed, &call.params);
    checks::card_options(&mut intent.card_options, &call.params);
    checks::off_session(&intent, &call.params)?;
    let id = payments::open(call.ledger, intent, &call.origin);
    let result = if confirms {
        confirm::run(call, &id, None)
    } else {
        Ok(())
    };
    outcome(call, &id, result)
}

/// Automatic payment methods are on unless types are named or they are switched off.
fn payment_method_types(call: &Call<'_>) -> Result<(Option<String>, Vec<String>), StripeError> {
    let automatic = call.params.object("automatic_payment_methods");
    let enabled = automatic
        .and_then(|given| given.get("enabled"))
        .and_then(Value::as_bool);
    let types = call.params.payment_method_types();
    if enabled == Some(true) && types.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
            .param("automatic_payment_methods"));
    }
    if enabled == Some(true) && call.params.text("confirmation_method") == Some("manual") {
        return Err(StripeError::invalid("You may only specify one of these parameters: automatic_payment_methods, confirmation_method.")
            .param("confirmation_method"));
    }
    let redirects = automatic
        .and_then(|given| given.get("allow_redirects"))
        .and_then(Value::as_str);
    let on = types.is_none() && enabled != Some(false);
    let automatic = on.then(|| redirects.unwrap_or("always").to_owned());
    Ok((automatic, types.unwrap_or_else(|| vec!["card".to_owned()])))
}

/// Stripe refuses what would have no effect.
fn only_with_confirm(call: &Call<'_>) -> Result<(), StripeError> {
    const NEED_CONFIRM: &[&str] = &[
        "error_on_requires_action",
        "mandate_data",
        "off_session",
        "return_url",
    ];
    let given = NEED_CONFIRM
        .iter()
        .find(|name| call.params.get(name).is_some());
    given.map_or(Ok(()), |name| {
        let message = format!("You cannot specify `{name}` when `confirm` is not set to `true`.");
        Err(StripeError::invalid(message).param(name))
    })
}
