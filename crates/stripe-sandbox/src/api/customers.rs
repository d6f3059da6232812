//! `/v1/customers`. Source: Stripe API reference, "Customers".

use serde_json::{Value, json};

use crate::api::check;
use crate::ids;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, StripeError, list};

pub(crate) const CUSTOMER: &str = "customer";

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut customer = call.blank(CUSTOMER, ids::customer());
    customer.insert("balance".to_owned(), Value::from(0));
    customer.insert("delinquent".to_owned(), Value::from(false));
    customer.insert("tax_exempt".to_owned(), Value::from("none"));
    customer.insert(
        "invoice_prefix".to_owned(),
        Value::from(ids::invoice_prefix()),
    );
    customer.insert("next_invoice_sequence".to_owned(), Value::from(1));
    customer.insert("preferred_locales".to_owned(), json!([]));
    customer.insert("invoice_settings".to_owned(), json!({}));
    take_over(&mut customer, call)?;
    Ok(call.add(customer, "customer.created"))
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.object(CUSTOMER, call.id());
    found.ok_or_else(|| StripeError::missing(CUSTOMER, call.id()))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut customer = call.ledger.documents.find(CUSTOMER, call.id())?.clone();
    take_over(&mut customer, call)?;
    Ok(call.change(customer, "customer.updated"))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    call.ledger.documents.find(CUSTOMER, &id)?;
    let deleted = call.delete(CUSTOMER, &id, "customer.deleted");
    // It can still be read, as what it is now.
    if let Value::Object(trace) = &deleted {
        call.ledger.documents.insert(trace.clone());
    }
    Ok(deleted)
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let email = call.params.text("email");
    list::documents(call, CUSTOMER, |customer| {
        email.is_none_or(|email| customer.get("email").and_then(Value::as_str) == Some(email))
    })
}

fn take_over(customer: &mut Document, call: &Call<'_>) -> Result<(), StripeError> {
    if let Some(email) = call.params.text("email") {
        check::email("email", email)?;
    }
    echo(customer, CUSTOMER, &call.params, &["source"]);
    Ok(())
}
