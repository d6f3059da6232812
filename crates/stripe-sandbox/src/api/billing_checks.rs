//! What invoices and subscriptions are given and the sandbox does not have is refused as by an
//! account that has none of it.

use serde_json::Value;

use crate::billing::clock_of;
use crate::currencies;
use crate::params::Params;
use crate::state::Ledger;
use crate::v1::StripeError;

/// Coupons, tax rates and Connect are no part of the sandbox.
pub(crate) fn references(params: &Params) -> Result<(), StripeError> {
    discounts(params, "discounts")?;
    for name in ["default_tax_rates", "tax_rates"] {
        if let Some(id) = params.texts(name).into_iter().flatten().next() {
            return Err(StripeError::no_such("tax rate", &id, &format!("{name}[0]")));
        }
    }
    for (name, kind) in [
        ("default_source", "source"),
        ("source", "source"),
        ("customer_account", "account"),
        ("on_behalf_of", "account"),
        ("schedule", "subscription_schedule"),
    ] {
        if let Some(id) = params.text(name) {
            return Err(StripeError::no_such(kind, id, name));
        }
    }
    if let Some(destination) = params
        .object("transfer_data")
        .and_then(|data| data.get("destination"))
    {
        let id = destination.as_str().unwrap_or_default();
        return Err(StripeError::no_such(
            "destination",
            id,
            "transfer_data[destination]",
        ));
    }
    let fee = ["application_fee_amount", "application_fee_percent"];
    if let Some(name) = fee
        .iter()
        .find(|name| params.get(name).is_some_and(|fee| !fee.is_null()))
    {
        return Err(StripeError::invalid(format!(
            "Can only apply an {name} when the request is made on behalf of another account (using an OAuth key, the Stripe-Account header, or the transfer_data[destination] parameter)."
        ))
        .param(name));
    }
    automatic_tax(params)
}

fn discounts(params: &Params, name: &str) -> Result<(), StripeError> {
    let first = params.list(name).and_then(|all| all.first());
    let Some(Value::Object(first)) = first else {
        return Ok(());
    };
    for (kind, words) in [
        ("coupon", "coupon"),
        ("promotion_code", "promotion code"),
        ("discount", "discount"),
    ] {
        if let Some(id) = first.get(kind).and_then(Value::as_str) {
            let param = format!("{name}[0][{kind}]");
            return Err(StripeError::no_such(words, id, &param));
        }
    }
    Ok(())
}

fn automatic_tax(params: &Params) -> Result<(), StripeError> {
    let enabled = params
        .object("automatic_tax")
        .and_then(|tax| tax.get("enabled"));
    if enabled != Some(&Value::Bool(true)) {
        return Ok(());
    }
    Err(StripeError::invalid("You must have a valid head office address to enable automatic tax calculation in test mode. Visit https://dashboard.stripe.com/test/settings/tax to update it.")
        .param("automatic_tax[enabled]"))
}

/// The customer that a parameter names.
pub(crate) fn customer(ledger: &Ledger, params: &Params) -> Result<String, StripeError> {
    let Some(id) = params.text("customer") else {
        return Err(StripeError::invalid("Missing required param: customer.")
            .code("parameter_missing")
            .param("customer"));
    };
    match ledger.documents.find("customer", id) {
        Ok(_) => Ok(id.to_owned()),
        Err(_) => Err(StripeError::no_such("customer", id, "customer")),
    }
}

/// The customer's payment method that a parameter names, if one does.
pub(crate) fn payment_method(
    ledger: &Ledger,
    params: &Params,
    name: &str,
    customer: &str,
) -> Result<Option<String>, StripeError> {
    let Some(id) = params.text(name) else {
        return Ok(None);
    };
    let Some(method) = ledger.object("payment_method", id) else {
        return Err(StripeError::no_such("PaymentMethod", id, name));
    };
    if method["customer"] != customer {
        return Err(StripeError::invalid(format!(
            "The customer does not have a payment method with the ID {id}. The payment method must be attached to the customer."
        ))
        .code("resource_missing")
        .param(name));
    }
    Ok(Some(id.to_owned()))
}

/// The supported currency, lower case.
pub(crate) fn currency(given: &str, param: &str) -> Result<String, StripeError> {
    let known = currencies::supported(given).ok_or_else(|| {
        let list = currencies::supported_list();
        StripeError::invalid(format!(
            "Invalid currency: {given}. Stripe currently supports these currencies: {list}"
        ))
        .param(param)
    })?;
    Ok(known.to_owned())
}

/// What a customer is charged in where nothing is said.
pub(crate) fn default_currency(ledger: &Ledger, customer: &str) -> String {
    let customer = ledger.documents.get("customer", customer);
    let own = customer.and_then(|customer| customer.get("currency")?.as_str());
    own.unwrap_or(&ledger.spec.default_currency).to_owned()
}

/// The test clock to write into an object of a customer.
pub(crate) fn test_clock(ledger: &Ledger, customer: &str) -> Value {
    clock_of(ledger, customer).map_or(Value::Null, Value::from)
}
