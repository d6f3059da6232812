//! `GET /v1/invoices`, `/v1/invoices/{id}` and `/v1/invoices/{id}/lines`.

use serde_json::Value;

use super::found;
use crate::billing::{INVOICE, at, number, objects, owned, text};
use crate::v1::{Call, StripeError, list as lists};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, _) = found(call)?;
    Ok(Value::Object(invoice))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let params = &call.params;
    let wanted = |name: &str, value: Option<&str>| {
        params.text(name).is_none_or(|wanted| value == Some(wanted))
    };
    lists::documents(call, INVOICE, |invoice| {
        let subscription = text(invoice, "parent/subscription_details/subscription");
        wanted("customer", text(invoice, "customer"))
            && wanted("status", text(invoice, "status"))
            && wanted("collection_method", text(invoice, "collection_method"))
            && wanted("subscription", subscription)
            && lists::holds(params, "due_date", at(invoice, "due_date").as_i64())
    })
}

/// The lines, the latest first as all lists.
pub(crate) fn lines(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, _) = found(call)?;
    let created = number(&invoice, "created");
    let rows: Vec<_> = objects(&invoice, "lines/data")
        .map(|line| (owned(line, "id"), created))
        .collect();
    lists::page(call, "line_item", &rows, |id| {
        let mut all = objects(&invoice, "lines/data");
        let line = all.find(|line| text(line, "id") == Some(id));
        line.cloned().map(Value::Object).unwrap_or_default()
    })
}
