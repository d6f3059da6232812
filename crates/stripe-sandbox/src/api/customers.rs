//! `/v1/customers`. Source: Stripe API reference, "Customers".

use serde_json::{Value, json};

use crate::api::{check, payment_methods};
use crate::billing;
use crate::ids;
use crate::payments::wallet;
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
    let method = new_method(call)?;
    take_over(&mut customer, call)?;
    test_clock(&mut customer, call)?;
    let id = text(&customer, "id").to_owned();
    choose_default(&mut customer, call, method.as_deref())?;
    let object = call.add(customer, "customer.created");
    if let Some(method) = method {
        wallet::attach(call.ledger, &method, &id, &call.origin)?;
    }
    Ok(object)
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.object(CUSTOMER, call.id());
    found.ok_or_else(|| StripeError::missing(CUSTOMER, call.id()))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut customer = call.ledger.documents.find(CUSTOMER, call.id())?.clone();
    take_over(&mut customer, call)?;
    choose_default(&mut customer, call, None)?;
    Ok(call.change(customer, "customer.updated"))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    call.ledger.documents.find(CUSTOMER, &id)?;
    billing::cancel_all(call.ledger, &id, &call.origin);
    wallet::detach_all(call.ledger, &id, &call.origin);
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
    echo(customer, CUSTOMER, &call.params, &["source", "test_clock"]);
    Ok(())
}

/// A customer lives on a test clock from its creation on.
fn test_clock(customer: &mut Document, call: &Call<'_>) -> Result<(), StripeError> {
    let Some(id) = call.params.text("test_clock") else {
        return Ok(());
    };
    let Ok(clock) = call.ledger.documents.find(billing::TEST_CLOCK, id) else {
        return Err(StripeError::no_such("test clock", id, "test_clock"));
    };
    customer.insert("test_clock".to_owned(), Value::from(id));
    let created = clock.get("frozen_time").cloned().unwrap_or_default();
    customer.insert("created".to_owned(), created);
    Ok(())
}

/// The card that a new customer comes with; refused before the customer is there if it cannot be saved.
fn new_method(call: &mut Call<'_>) -> Result<Option<String>, StripeError> {
    let Some(name) = call.params.text("payment_method").map(str::to_owned) else {
        return Ok(None);
    };
    let id = payment_methods::named(call, &name)?;
    if let Some(method) = call.ledger.payment_methods.get(&id) {
        wallet::check_attachable(method)?;
    }
    Ok(Some(id))
}

/// `invoice_settings[default_payment_method]` has to be one of the customer's; a ready-made name means
/// the card that the customer comes with.
fn choose_default(
    customer: &mut Document,
    call: &Call<'_>,
    method: Option<&str>,
) -> Result<(), StripeError> {
    const PARAM: &str = "invoice_settings[default_payment_method]";
    let settings = call.params.part("invoice_settings");
    let Some(wanted) = settings.text("default_payment_method") else {
        return Ok(());
    };
    let own = match method {
        Some(method) if call.params.text("payment_method") == Some(wanted) => method,
        _ => {
            wallet::check_attached(call.ledger, wanted, text(customer, "id"), PARAM)?;
            wanted
        }
    };
    if let Some(settings) = customer.get_mut("invoice_settings") {
        settings["default_payment_method"] = Value::from(own);
    }
    Ok(())
}

fn text<'a>(customer: &'a Document, name: &str) -> &'a str {
    customer
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
