//! Giving up a payment that has not succeeded.

use serde_json::Value;

use crate::billing;
use crate::objects::Status;
use crate::payments::{find, unexpected_state};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// Cancels as the merchant asks. The payment that Stripe made for an invoice ends with the invoice.
/// Source: Stripe API reference, "The Invoice Payment object", `is_default`.
pub(crate) fn cancel_directly(
    ledger: &mut Ledger,
    id: &str,
    reason: Option<String>,
    origin: &Origin,
) -> Result<(), StripeError> {
    if billing::made_for_invoice(ledger, id) {
        return Err(unexpected_state(
            "You cannot cancel this PaymentIntent because it was created by an invoice. Void the invoice instead.".to_owned(),
        ));
    }
    cancel(ledger, id, reason, origin)
}

/// Cancels. An authorisation is released: the charge shows it as refunded.
/// Source: Stripe API reference, "Cancel a PaymentIntent".
pub(crate) fn cancel(
    ledger: &mut Ledger,
    id: &str,
    reason: Option<String>,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if matches!(intent.status, Status::Succeeded | Status::Canceled) {
        return Err(unexpected_state(format!(
            "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
            intent.status.as_str()
        )));
    }
    release(ledger, id, reason, "charge.refunded", origin);
    Ok(())
}

/// Ends the payment. `event` tells of the authorisation that is let go, where there is one.
pub(super) fn release(
    ledger: &mut Ledger,
    id: &str,
    reason: Option<String>,
    event: &'static str,
    origin: &Origin,
) {
    let Some(intent) = ledger.payment_intents.get_mut(id) else {
        return;
    };
    let held = intent.status == Status::RequiresCapture;
    intent.status = Status::Canceled;
    intent.canceled_at = Some(origin.now);
    intent.cancellation_reason = reason;
    intent.amount_capturable = 0;
    intent.next_action = Value::Null;
    let object = intent.render();
    let charge_id = intent.latest_charge.clone().unwrap_or_default();
    if held && let Some(charge) = ledger.charges.get_mut(&charge_id) {
        let before = charge.render();
        charge.amount_refunded = charge.amount;
        let charge_object = charge.render();
        ledger.emit_difference(event, before, &charge_object, origin);
    }
    ledger.emit("payment_intent.canceled", object, origin);
}
