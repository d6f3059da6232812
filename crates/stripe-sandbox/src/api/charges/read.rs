//! `GET /v1/charges[/{id}]`.

use serde_json::Value;

use crate::objects::Charge;
use crate::payments::wallet;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.charges.get(call.id());
    found
        .map(Charge::render)
        .ok_or_else(|| StripeError::missing("charge", call.id()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let intent = call.params.text("payment_intent");
    let group = call.params.text("transfer_group");
    let customer = call.params.text("customer");
    if let Some(customer) = customer {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    let charges = &call.ledger.charges;
    let rows: Vec<_> = charges
        .values()
        .rev()
        .filter(|charge| intent.is_none_or(|id| charge.payment_intent == id))
        .filter(|charge| customer.is_none_or(|id| charge.customer.as_deref() == Some(id)))
        .filter(|charge| {
            let own = charge.echoed.get("transfer_group").and_then(Value::as_str);
            group.is_none_or(|group| own == Some(group))
        })
        .map(|charge| (charge.id.clone(), charge.created))
        .collect();
    pages::page(call, "charge", &rows, |id| {
        charges.get(id).map_or(Value::Null, Charge::render)
    })
}
