//! `POST /v1/setup_intents/{id}/cancel` and `/verify_microdeposits`.

use serde_json::Value;

use super::outcome;
use crate::setups;
use crate::v1::{Call, StripeError};

pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    let result = setups::cancel(call.ledger, &id, reason, &call.origin);
    outcome(call, &id, result)
}

/// Only bank accounts are verified so, and the sandbox has cards only.
pub(crate) fn verify_microdeposits(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = setups::find(call.ledger, &id)?;
    let (secret, status) = (intent.client_secret.clone(), intent.status);
    call.check_client_secret("SetupIntent", &secret)?;
    let refusal = setups::unexpected_state(format!(
        "This SetupIntent cannot be verified with microdeposits because it has a status of {} and a payment method type of card.",
        status.as_str()
    ));
    outcome(call, &id, Err(refusal))
}
