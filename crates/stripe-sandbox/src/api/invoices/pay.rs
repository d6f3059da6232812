//! `POST /v1/invoices/{id}/pay` and `/attach_payment`.

use serde_json::Value;

use super::change::{attempt, is_settled};
use super::{answer, found};
use crate::api::billing_checks;
use crate::billing::{self, INVOICE, Settlement, attach, mark_paid, owned, text};
use crate::objects::{PaymentIntent, Status};
use crate::state::{Document, Ledger};
use crate::v1::{Call, StripeError};

pub(crate) fn pay(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    billing_checks::references(&call.params)?;
    let id = owned(&invoice, "id");
    match text(&invoice, "status") {
        Some("draft") => billing::finalize(call.ledger, &id, &origin)?,
        Some("paid") => return Err(StripeError::invalid("Invoice is already paid")),
        Some("void") => {
            return Err(StripeError::invalid("Voided invoices can't be paid."));
        }
        _ => {}
    }
    if call.params.flag("paid_out_of_band") {
        mark_paid(call.ledger, &id, &Settlement::OutOfBand, &origin);
        return answer(call, &id);
    }
    let open = call.ledger.documents.find(INVOICE, &id)?;
    if is_settled(open) {
        return answer(call, &id);
    }
    let customer = owned(&invoice, "customer");
    let method =
        billing_checks::payment_method(call.ledger, &call.params, "payment_method", &customer)?;
    attempt(call, &id, method, &origin)?;
    let paid = answer(call, &id)?;
    if paid["status"] != "paid" {
        return Err(StripeError::other(
            402,
            "card_error",
            "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice. For more details see: https://stripe.com/docs/billing/subscriptions/overview#requires-action",
        )
        .code("invoice_payment_intent_requires_action"));
    }
    Ok(paid)
}

/// Lets another PaymentIntent pay the invoice; one that has succeeded pays it at once.
pub(crate) fn attach_payment(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    if let Some(record) = call.params.text("payment_record") {
        return Err(StripeError::no_such(
            "payment_record",
            record,
            "payment_record",
        ));
    }
    let intent = call
        .params
        .text("payment_intent")
        .unwrap_or_default()
        .to_owned();
    let Some(found) = call.ledger.payment_intents.get(&intent) else {
        return Err(StripeError::no_such(
            "payment_intent",
            &intent,
            "payment_intent",
        ));
    };
    if text(&invoice, "status") != Some("open") {
        return Err(StripeError::invalid(
            "You can only attach a payment to an open invoice.",
        ));
    }
    fits(call.ledger, found, &invoice)?;
    let (status, amount) = (found.status, found.amount);
    attach(call.ledger, &invoice, &intent, amount, &origin);
    if status == Status::Succeeded {
        billing::payment_succeeded(call.ledger, &intent, &origin);
    }
    answer(call, &owned(&invoice, "id"))
}

/// Whether a PaymentIntent can pay the invoice: it is the customer's, in the currency, and pays no other.
fn fits(ledger: &Ledger, intent: &PaymentIntent, invoice: &Document) -> Result<(), StripeError> {
    let (id, currency) = (&intent.id, owned(invoice, "currency"));
    let problem = if intent.status == Status::Canceled {
        format!("The PaymentIntent {id} has been canceled and can't be attached to an invoice.")
    } else if let Some(other) = billing::invoice_of(ledger, id) {
        format!("The PaymentIntent {id} is already attached to the invoice {other}.")
    } else if intent.customer.as_deref() != text(invoice, "customer") {
        format!(
            "The customer of the PaymentIntent {id} does not match the customer of the invoice."
        )
    } else if intent.currency != currency {
        format!(
            "The currency of the PaymentIntent ({}) does not match the currency of the invoice ({currency}).",
            intent.currency
        )
    } else {
        return Ok(());
    };
    Err(StripeError::invalid(problem).param("payment_intent"))
}
