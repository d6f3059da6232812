//! `POST /v1/refunds`. Source: Stripe API reference, "Create a refund".

use serde_json::{Map, Value};

use crate::money::refunds::{self, Wanted};
use crate::objects::merge_metadata;
use crate::params::Params;
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let charge = charge(call)?;
    only_for_others(&call.params)?;
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, call.params.get("metadata"));
    let wanted = Wanted {
        amount: call.params.integer("amount"),
        reason: call.params.text("reason").map(str::to_owned),
        metadata,
    };
    let id = refunds::create(call.ledger, &charge, wanted, &call.origin)?;
    let made = call.ledger.object("refund", &id);
    made.ok_or_else(|| StripeError::missing("refund", &id))
}

fn charge(call: &Call<'_>) -> Result<String, StripeError> {
    match (call.params.text("charge"), call.params.text("payment_intent")) {
        (Some(_), Some(_)) => Err(StripeError::invalid(
            "You may only specify one of these parameters: charge, payment_intent.",
        )
        .param("charge")),
        (Some(charge), None) => Ok(charge.to_owned()),
        (None, Some(intent)) => refunds::charge_of(call.ledger, intent),
        (None, None) => Err(StripeError::invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
        )
        .code("parameter_missing")
        .param("payment_intent")),
    }
}

/// Refuses what refunds of card payments of accounts that are no platforms cannot have.
fn only_for_others(params: &Params) -> Result<(), StripeError> {
    if params.flag("refund_application_fee") {
        return Err(StripeError::invalid(
            "Attempting to refund_application_fee on a charge that has no application fee.",
        )
        .param("refund_application_fee"));
    }
    if params.flag("reverse_transfer") {
        return Err(StripeError::invalid(
            "Attempting to reverse_transfer on a charge that has no transfer.",
        )
        .param("reverse_transfer"));
    }
    // They say how a customer's cash balance is given back.
    for name in ["customer", "currency", "origin"] {
        if params.get(name).is_some() {
            return Err(StripeError::invalid(format!(
                "You may only specify `{name}` when refunding a customer balance."
            ))
            .param(name));
        }
    }
    Ok(())
}
