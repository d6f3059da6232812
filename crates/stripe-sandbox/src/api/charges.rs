//! `/v1/charges`, to read what payments have made.

use serde_json::Value;

use crate::objects::Charge;
use crate::v1::{Call, StripeError, list};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.charges.get(call.id());
    found
        .map(Charge::render)
        .ok_or_else(|| StripeError::missing("charge", call.id()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let wanted = call.params.text("payment_intent");
    let charges = &call.ledger.charges;
    let rows: Vec<_> = charges
        .values()
        .rev()
        .filter(|charge| wanted.is_none_or(|id| charge.payment_intent == id))
        .map(|charge| (charge.id.clone(), charge.created))
        .collect();
    list::page(call, "charge", &rows, |id| {
        charges.get(id).map_or(Value::Null, Charge::render)
    })
}
