//! Whose a payment method is, and whether it may be used.
//! Source: Stripe API reference, "Attach a `PaymentMethod` to a Customer" and "Detach".

use serde_json::Value;

use crate::cards::Outcome;
use crate::objects::PaymentMethod;
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

const CUSTOMER: &str = "customer";

/// Refuses a payment method that may not be used, or is not the customer's.
pub(crate) fn check_use(
    ledger: &Ledger,
    method: &str,
    customer: Option<&str>,
) -> Result<(), StripeError> {
    let Some(method) = ledger.payment_methods.get(method) else {
        return Err(StripeError::missing("PaymentMethod", method));
    };
    if method.spent {
        return Err(StripeError::invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
        ));
    }
    let message = match (&method.customer, customer) {
        (Some(owner), Some(customer)) if owner != customer => format!(
            "PaymentMethod {} does not belong to the Customer you supplied {customer}. Please use this PaymentMethod with the Customer that it belongs to instead.",
            method.id
        ),
        (Some(owner), None) => format!(
            "The payment method {} belongs to the Customer {owner}. Please include the Customer in the `customer` parameter.",
            method.id
        ),
        _ => return Ok(()),
    };
    Err(StripeError::invalid(message).param("payment_method"))
}

/// Refuses a card where a payment or set-up is to be made with something else.
pub(crate) fn check_card_allowed(types: &[String], kind: &str) -> Result<(), StripeError> {
    if types.iter().any(|name| name == "card") {
        return Ok(());
    }
    let types = types.join(", ");
    Err(StripeError::invalid(format!(
        "The PaymentMethod provided (card) is not allowed for this {kind}. Please attach a PaymentMethod of one of the following types: {types}. Alternatively, update the allowed payment_method_types for this {kind} to include \"card\"."
    ))
    .param("payment_method"))
}

/// Refuses where a field must name a payment method of the customer.
pub(crate) fn check_attached(
    ledger: &Ledger,
    method: &str,
    customer: &str,
    param: &str,
) -> Result<(), StripeError> {
    let found = ledger.payment_methods.get(method);
    if found.is_some_and(|method| method.customer.as_deref() == Some(customer)) {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "The customer does not have a payment method with the ID {method}. The payment method must be attached to the customer."
    ))
    .code("resource_missing")
    .param(param))
}

/// Whether the issuer lets the card be saved.
pub(crate) fn check_attachable(method: &PaymentMethod) -> Result<(), StripeError> {
    let unexpected =
        |message: &str| Err(StripeError::invalid(message).code("payment_method_unexpected_state"));
    if method.customer.is_some() {
        return unexpected(
            "The payment method you provided has already been attached to a customer.",
        );
    }
    if method.spent {
        return unexpected(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.",
        );
    }
    match method.card.outcome {
        Outcome::Declines(decline) if !method.card.declines_only_charges() => {
            Err(StripeError::card(decline, decline.message()))
        }
        _ => Ok(()),
    }
}

/// Saves the card for the customer.
pub(crate) fn attach(
    ledger: &mut Ledger,
    id: &str,
    customer: &str,
    origin: &Origin,
) -> Result<(), StripeError> {
    let Some(method) = ledger.payment_methods.get_mut(id) else {
        return Err(StripeError::missing("PaymentMethod", id));
    };
    check_attachable(method)?;
    method.customer = Some(customer.to_owned());
    let object = method.render();
    ledger.emit("payment_method.attached", object, origin);
    Ok(())
}

/// Takes the card from its customer for good.
pub(crate) fn detach(ledger: &mut Ledger, id: &str, origin: &Origin) -> Result<(), StripeError> {
    let Some(method) = ledger.payment_methods.get_mut(id) else {
        return Err(StripeError::missing("PaymentMethod", id));
    };
    let before = method.render();
    let Some(customer) = method.customer.take() else {
        return Err(StripeError::invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        )
        .code("payment_method_unexpected_state"));
    };
    method.spent = true;
    let object = method.render();
    ledger.emit_difference("payment_method.detached", before, &object, origin);
    forget_default(ledger, &customer, id, origin);
    Ok(())
}

/// A customer that is deleted has no cards any more.
pub(crate) fn detach_all(ledger: &mut Ledger, customer: &str, origin: &Origin) {
    let of_customer = |method: &&PaymentMethod| method.customer.as_deref() == Some(customer);
    let methods = ledger.payment_methods.values().filter(of_customer);
    for id in methods.map(|method| method.id.clone()).collect::<Vec<_>>() {
        // They are attached: they were found by that.
        let _ = detach(ledger, &id, origin);
    }
}

/// The customer whom a parameter names, or Stripe's refusal.
pub(crate) fn check_customer(ledger: &Ledger, id: &str, param: &str) -> Result<(), StripeError> {
    match ledger.documents.find(CUSTOMER, id) {
        Ok(_) => Ok(()),
        Err(_) => Err(StripeError::no_such(CUSTOMER, id, param)),
    }
}

fn forget_default(ledger: &mut Ledger, customer: &str, method: &str, origin: &Origin) {
    let Some(document) = ledger.documents.get_mut(CUSTOMER, customer) else {
        return;
    };
    let before = Value::Object(document.clone());
    if default_method(document) != Some(method) {
        return;
    }
    if let Some(settings) = document
        .get_mut("invoice_settings")
        .and_then(Value::as_object_mut)
    {
        settings.remove("default_payment_method");
    }
    let object = Value::Object(document.clone());
    ledger.emit_difference("customer.updated", before, &object, origin);
}

fn default_method(customer: &Document) -> Option<&str> {
    customer.get("invoice_settings")?["default_payment_method"].as_str()
}
