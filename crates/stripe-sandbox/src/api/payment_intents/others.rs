//! Endpoints that the sandbox's payments never can use: Stripe's refusals.

use serde_json::Value;

use super::{checks, outcome};
use crate::objects::Status;
use crate::payments;
use crate::v1::{Call, StripeError};

/// Only where the card was authorised with `request_incremental_authorization`, which needs a contract.
pub(crate) fn increment_authorization(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let (status, held) = {
        let intent = payments::find(call.ledger, &id)?;
        (intent.status, intent.amount)
    };
    checks::references(call)?;
    if status != Status::RequiresCapture {
        return outcome(
            call,
            &id,
            Err(payments::unexpected_state(format!(
                "This PaymentIntent's authorization could not be incremented because it has a status of {}. Only a PaymentIntent with one of the following statuses may be incremented: requires_capture.",
                status.as_str()
            ))),
        );
    }
    if call.params.integer("amount").unwrap_or_default() <= held {
        return Err(StripeError::invalid(
            "The amount must be greater than the currently authorized amount.",
        )
        .param("amount"));
    }
    let refusal =
        StripeError::invalid("This PaymentIntent is not eligible for incremental authorization.");
    outcome(call, &id, Err(refusal))
}

/// Only for payments from a customer's cash balance.
pub(crate) fn apply_customer_balance(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let refusal = "This PaymentIntent cannot be reconciled because its payment method types do not include customer_balance.";
    not_for_cards(call, refusal)
}

/// Only for bank accounts.
pub(crate) fn verify_microdeposits(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let refusal = "This PaymentIntent cannot be verified with microdeposits because its payment method type is card.";
    not_for_cards(call, refusal)
}

fn not_for_cards(call: &mut Call<'_>, refusal: &str) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    payments::find(call.ledger, &id)?;
    let refusal = payments::unexpected_state(refusal.to_owned());
    outcome(call, &id, Err(refusal))
}
