//! `GET /v1/refunds[/{id}]`.

use serde_json::Value;

use crate::objects::Refund;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.refunds.get(call.id());
    found
        .map(Refund::render)
        .ok_or_else(|| StripeError::missing("refund", call.id()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let charge = call.params.text("charge");
    let intent = call.params.text("payment_intent");
    let ledger = &call.ledger;
    if let Some(id) = charge.filter(|id| !ledger.charges.contains_key(*id)) {
        return Err(StripeError::no_such("charge", id, "charge"));
    }
    if let Some(id) = intent.filter(|id| !ledger.payment_intents.contains_key(*id)) {
        return Err(StripeError::no_such("payment_intent", id, "payment_intent"));
    }
    let refunds = &ledger.refunds;
    let rows: Vec<_> = refunds
        .values()
        .rev()
        .filter(|refund| charge.is_none_or(|id| refund.charge == id))
        .filter(|refund| intent.is_none_or(|id| refund.payment_intent == id))
        .map(|refund| (refund.id.clone(), refund.created))
        .collect();
    pages::page(call, "refund", &rows, |id| {
        refunds.get(id).map_or(Value::Null, Refund::render)
    })
}
