//! `POST /v1/payment_intents/{id}/capture` and `/cancel`.

use serde_json::Value;

use super::{checks, outcome, statement};
use crate::objects::merge_metadata;
use crate::payments;
use crate::v1::{Call, StripeError};

pub(crate) fn capture(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = payments::find(call.ledger, &id)?;
    let by_card = intent
        .payment_method_types
        .iter()
        .any(|name| name == "card");
    let before = intent.clone();
    checks::references(call)?;
    statement::check(&call.params, by_card)?;
    if call.params.get("final_capture") == Some(&Value::Bool(false)) {
        return Err(StripeError::invalid(
            "You cannot set `final_capture` to `false` because multicapture is not available for this PaymentIntent.",
        )
        .param("final_capture"));
    }
    // The events of the capture tell of it.
    let intent = payments::find(call.ledger, &id)?;
    merge_metadata(&mut intent.metadata, call.params.get("metadata"));
    checks::echo(&mut intent.echoed, &call.params);
    let result = payments::capture(
        call.ledger,
        &id,
        call.params.integer("amount_to_capture"),
        &call.origin,
    );
    if result.is_err() {
        *payments::find(call.ledger, &id)? = before;
    }
    outcome(call, &id, result)
}

pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    let result = payments::cancel_directly(call.ledger, &id, reason, &call.origin);
    outcome(call, &id, result)
}
