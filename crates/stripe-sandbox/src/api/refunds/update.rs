//! `POST /v1/refunds/{id}`, `/cancel`, and `POST /v1/test_helpers/refunds/{id}/expire`.

use serde_json::Value;

use crate::money::refunds;
use crate::objects::{Refund, merge_metadata};
use crate::v1::{Call, StripeError};

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    find(call)?;
    let change = call.params.get("metadata");
    refunds::change(call.ledger, &id, &call.origin, "refund.updated", |refund| {
        merge_metadata(&mut refund.metadata, change);
    });
    find(call).map(Refund::render)
}

/// Refunds to cards never wait for the customer, so that there is nothing to cancel.
pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let refund = find(call)?;
    Err(StripeError::invalid(format!(
        "You cannot cancel this refund because it has a status of {}. Only refunds with a status of requires_action can be canceled.",
        refund.status.as_str()
    )))
}

pub(crate) fn expire(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let refund = find(call)?;
    Err(StripeError::invalid(format!(
        "You cannot expire this refund because it has a status of {}. Only refunds with a status of requires_action can be expired.",
        refund.status.as_str()
    )))
}

fn find<'a>(call: &'a Call<'_>) -> Result<&'a Refund, StripeError> {
    let found = call.ledger.refunds.get(call.id());
    found.ok_or_else(|| StripeError::missing("refund", call.id()))
}
