//! `/v1/invoiceitems`: what waits for a customer's next invoice.
//! Source: Stripe API reference, "Invoice Items".

mod create;
mod update;

pub(crate) use create::create;
pub(crate) use update::{delete, update};

use serde_json::Value;

use crate::billing::{ITEM, number, owned, text};
use crate::v1::{Call, StripeError, list as lists};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let item = call.ledger.documents.find(ITEM, call.id())?;
    Ok(Value::Object(item.clone()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (customer, invoice) = (call.params.text("customer"), call.params.text("invoice"));
    let pending = call.params.get("pending").and_then(Value::as_bool);
    let all = call.ledger.documents.all(ITEM).rev();
    let rows: Vec<_> = all
        .filter(|item| customer.is_none() || customer == text(item, "customer"))
        .filter(|item| invoice.is_none() || invoice == text(item, "invoice"))
        .filter(|item| pending.is_none_or(|yes| yes == text(item, "invoice").is_none()))
        .map(|item| (owned(item, "id"), number(item, "date")))
        .collect();
    lists::page(call, ITEM, &rows, |id| {
        call.ledger.object(ITEM, id).unwrap_or_default()
    })
}
