//! `POST /v1/payment_methods[/{id}]`.

use serde_json::{Map, Value};

use super::given;
use crate::objects::merge_metadata;
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    // Only platforms have methods to clone.
    for name in ["payment_method", "customer", "customer_account"] {
        if call.params.get(name).is_some() {
            let message = format!(
                "You may only specify `{name}` when cloning a PaymentMethod to a connected account."
            );
            return Err(StripeError::invalid(message).param(name));
        }
    }
    if call.params.text("type").is_none() {
        return Err(StripeError::invalid("Missing required param: type.")
            .code("parameter_missing")
            .param("type"));
    }
    let data: Map<String, Value> = call
        .params
        .given()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let id = given::from_data(call, &data, "")?;
    call.ledger
        .object("payment_method", &id)
        .ok_or_else(|| StripeError::missing("PaymentMethod", &id))
}

/// Source: Stripe API reference, "Update a `PaymentMethod`".
pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    if call.params.get("us_bank_account").is_some() {
        return Err(StripeError::invalid(
            "You cannot update `us_bank_account` of a PaymentMethod of type card.",
        )
        .param("us_bank_account"));
    }
    let today = given::year_and_month(call.origin.now);
    let Some(method) = call.ledger.payment_methods.get_mut(&id) else {
        return Err(StripeError::missing("PaymentMethod", &id));
    };
    if method.customer.is_none() {
        return Err(StripeError::invalid(
            "You must save this PaymentMethod to a customer before you can update it.",
        )
        .code("payment_method_unexpected_state"));
    }
    let before = method.render();
    let params = &call.params;
    let card = params.part("card");
    let month = card.integer("exp_month").unwrap_or(method.exp_month);
    let year = card.integer("exp_year").unwrap_or(method.exp_year);
    if !(1..=12).contains(&month) {
        return Err(expiry("month", month));
    }
    if (year, month) < today || year > today.0 + 50 {
        return Err(expiry("year", year));
    }
    (method.exp_month, method.exp_year) = (month, year);
    if let Some(networks) = card.object("networks") {
        let preferred = networks.get("preferred").and_then(Value::as_str);
        method.preferred_network = preferred.map(str::to_owned);
    }
    if let Some(wish) = params.text("allow_redisplay") {
        method.allow_redisplay = Some(wish.to_owned());
    }
    method.change_details(params.object("billing_details"));
    merge_metadata(&mut method.metadata, params.get("metadata"));
    let object = method.render();
    let origin = &call.origin;
    call.ledger
        .emit_difference("payment_method.updated", before, &object, origin);
    Ok(object)
}

fn expiry(part: &str, given: i64) -> StripeError {
    StripeError::invalid(format!(
        "Your card's expiration {part} is invalid: {given}."
    ))
    .code(&format!("invalid_expiry_{part}"))
    .param(&format!("card[exp_{part}]"))
}
