//! `GET /v1/payment_methods[/{id}]` and `GET /v1/customers/{id}/payment_methods[/{id}]`.

use serde_json::Value;

use crate::objects::PaymentMethod;
use crate::payments::wallet;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.payment_methods.get(call.id());
    found
        .map(PaymentMethod::render)
        .ok_or_else(|| StripeError::missing("PaymentMethod", call.id()))
}

/// Only attached cards are listed: others have nobody to list them for.
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call.params.text("customer").map(str::to_owned);
    if let Some(customer) = &customer {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    page(call, customer.as_deref())
}

pub(crate) fn of_customer(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call.id().to_owned();
    call.ledger.documents.find("customer", &customer)?;
    page(call, Some(&customer))
}

pub(crate) fn one_of_customer(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call.id();
    call.ledger.documents.find("customer", customer)?;
    let id = call.ids.get(1).map_or("", String::as_str);
    let found = call.ledger.payment_methods.get(id);
    found
        .filter(|method| method.customer.as_deref() == Some(customer))
        .map(PaymentMethod::render)
        .ok_or_else(|| StripeError::missing("PaymentMethod", id))
}

fn page(call: &Call<'_>, customer: Option<&str>) -> Result<Value, StripeError> {
    let methods = &call.ledger.payment_methods;
    let redisplay = call.params.text("allow_redisplay");
    let cards = call.params.text("type").is_none_or(|kind| kind == "card");
    let rows: Vec<_> = methods
        .values()
        .rev()
        .filter(|method| match customer {
            Some(customer) => method.customer.as_deref() == Some(customer),
            None => method.customer.is_some(),
        })
        .filter(|method| {
            let own = method.allow_redisplay.as_deref().unwrap_or("unspecified");
            cards && redisplay.is_none_or(|wanted| wanted == own)
        })
        .map(|method| (method.id.clone(), method.created))
        .collect();
    pages::page(call, "payment_method", &rows, |id| {
        methods.get(id).map_or(Value::Null, PaymentMethod::render)
    })
}
