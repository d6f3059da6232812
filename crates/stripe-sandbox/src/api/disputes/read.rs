//! `GET /v1/disputes[/{id}]`.

use serde_json::Value;

use crate::money::disputes::{DISPUTE, text};
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.object(DISPUTE, call.id());
    found.ok_or_else(|| StripeError::missing(DISPUTE, call.id()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let charge = call.params.text("charge");
    let intent = call.params.text("payment_intent");
    pages::documents(call, DISPUTE, |dispute| {
        charge.is_none_or(|id| text(dispute, "charge") == id)
            && intent.is_none_or(|id| text(dispute, "payment_intent") == id)
    })
}
