//! `POST /v1/payment_intents/{id}`. Source: Stripe API reference, "Update a PaymentIntent".

use serde_json::Value;

use super::{checks, outcome, statement};
use crate::api::{check, payment_methods};
use crate::objects::{CaptureMethod, PaymentIntent, Status, merge_metadata};
use crate::params::Params;
use crate::payments::{self, wallet};
use crate::v1::{Call, StripeError};

/// Only an open payment can change what is charged, and how.
const OPEN_ONLY: &[&str] = &[
    "allowed_payment_method_types",
    "amount",
    "capture_method",
    "currency",
    "customer",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "setup_future_usage",
];

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = payments::find(call.ledger, &id)?;
    let (status, mut amount, mut currency) =
        (intent.status, intent.amount, intent.currency.clone());
    let (customer, types) = (intent.customer.clone(), intent.payment_method_types.clone());
    checks::invoice_decides(call, &id)?;
    if let Some(refusal) = refused_by_status(&call.params, status) {
        return outcome(call, &id, Err(refusal));
    }
    checks::references(call)?;
    checks::moto_needs_confirm(&call.params)?;
    if let Some(refusal) =
        checks::other_customer(&call.params, customer.as_deref(), "PaymentIntent")
    {
        return outcome(
            call,
            &id,
            Err(refusal.code("payment_intent_unexpected_state")),
        );
    }
    let customer = (call.params.text("customer").map(str::to_owned)).or(customer);
    let amount_changes =
        call.params.get("amount").is_some() || call.params.get("currency").is_some();
    if amount_changes {
        if let Some(given) = call.params.text("currency") {
            check::currency("currency", given)?.clone_into(&mut currency);
        }
        amount = call.params.integer("amount").unwrap_or(amount);
        checks::amount(amount, &currency)?;
    }
    let new_types = call.params.payment_method_types();
    let types = new_types.clone().unwrap_or(types);
    statement::check(&call.params, types.iter().any(|name| name == "card"))?;
    let payment_method = payment_methods::given(call)?;
    checks::usable(call, payment_method.as_deref(), customer.as_deref())?;
    if payment_method.is_some() {
        wallet::check_card_allowed(&types, "PaymentIntent")?;
    }
    let reopens = amount_changes || payment_method.is_some();
    let intent = payments::find(call.ledger, &id)?;
    intent.amount = amount;
    intent.currency = currency;
    intent.customer = customer;
    checks::card_options(&mut intent.card_options, &call.params);
    if let Some(name) = call.params.text("capture_method") {
        intent.capture_method = CaptureMethod::from_param(Some(name));
    }
    if let Some(types) = new_types {
        intent.payment_method_types = types;
        intent.automatic_payment_methods = None;
    }
    if payment_method.is_some() {
        intent.payment_method = payment_method;
    }
    merge_metadata(&mut intent.metadata, call.params.get("metadata"));
    checks::echo(&mut intent.echoed, &call.params);
    if call.params.get("shipping").is_some() {
        intent.shipping_set_by = Some(call.caller);
    }
    if reopens {
        reopen(intent);
    }
    outcome(call, &id, Ok(()))
}

/// What was confirmed for another amount or method has to be confirmed again.
fn reopen(intent: &mut PaymentIntent) {
    intent.next_action = Value::Null;
    intent.challenge_passed = false;
    intent.status = match intent.payment_method {
        Some(_) => Status::RequiresConfirmation,
        None => Status::RequiresPaymentMethod,
    };
}

fn refused_by_status(params: &Params, status: Status) -> Option<StripeError> {
    if matches!(
        status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    ) {
        return None;
    }
    let name = OPEN_ONLY.iter().find(|name| params.get(name).is_some())?;
    Some(payments::unexpected_state(format!(
        "This PaymentIntent's {name} could not be updated because it has a status of {}. You may only update the {name} of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.",
        status.as_str()
    )))
}
