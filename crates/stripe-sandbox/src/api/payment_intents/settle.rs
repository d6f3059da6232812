//! `POST /v1/payment_intents/{id}/capture` and `/cancel`.

use serde_json::Value;

use super::{checks, outcome};
use crate::objects::merge_metadata;
use crate::payments;
use crate::v1::{Call, StripeError};

pub(crate) fn capture(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    payments::find(call.ledger, &id)?;
    checks::references(call)?;
    if call.params.get("final_capture") == Some(&Value::Bool(false)) {
        return Err(StripeError::invalid(
            "You cannot set `final_capture` to `false` because multicapture is not available for this PaymentIntent.",
        )
        .param("final_capture"));
    }
    let result = payments::capture(
        call.ledger,
        &id,
        call.params.integer("amount_to_capture"),
        &call.origin,
    );
    if result.is_ok()
        && let Some(intent) = call.ledger.payment_intents.get_mut(&id)
    {
        merge_metadata(&mut intent.metadata, call.params.get("metadata"));
        checks::echo(&mut intent.echoed, &call.params);
    }
    outcome(call, &id, result)
}

pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    let result = payments::cancel(call.ledger, &id, reason, &call.origin);
    outcome(call, &id, result)
}
