//! `POST /v1/checkout/sessions/{id}/expire`.

use serde_json::Value;

use super::read::find;
use crate::catalogue::text;
use crate::checkout;
use crate::v1::{Call, StripeError};

pub(crate) fn expire(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let session = find(call)?;
    let status = text(&session, "status").unwrap_or_default();
    if status != "open" {
        return Err(StripeError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{status}`."
        )));
    }
    Ok(checkout::expire(call.ledger, session, &call.origin))
}
