//! Taking an authorised payment, wholly or in part.

use crate::billing;
use crate::currencies;
use crate::money::balance;
use crate::objects::{Charge, PaymentIntent, Status};
use crate::payments::{find, unexpected_state};
use crate::state::{Ledger, Task};
use crate::v1::{Origin, StripeError};

/// Captures `amount_to_capture`, or all. What is not captured is released: the charge shows it as
/// refunded. Source: Stripe API reference, "Capture a PaymentIntent" and "Capture a charge".
pub(crate) fn capture(
    ledger: &mut Ledger,
    id: &str,
    amount_to_capture: Option<i64>,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if intent.status != Status::RequiresCapture {
        return Err(unexpected_state(format!(
            "This PaymentIntent could not be captured because it has a status of {}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
            intent.status.as_str()
        )));
    }
    let amount = amount_to_capture.unwrap_or(intent.amount_capturable);
    if amount < 1 {
        return Err(
            StripeError::invalid("This value must be greater than or equal to 1.")
                .code("parameter_invalid_integer")
                .param("amount_to_capture"),
        );
    }
    if amount > intent.amount_capturable {
        return Err(StripeError::invalid(
            "The payment could not be captured because the requested capture amount is greater than the authorized amount. If you are trying to collect a tip or over-capture, your account might not be configured for those features. Contact us via https://support.stripe.com/contact/",
        )
        .code("amount_too_large")
        .param("amount_to_capture"));
    }
    currencies::check_step(amount, &intent.currency, "amount_to_capture")?;
    intent.status = Status::Succeeded;
    intent.amount_received = amount;
    intent.amount_capturable = 0;
    let charge_id = intent.latest_charge.clone().unwrap_or_default();
    let suffix = intent.echoed.get("statement_descriptor_suffix").cloned();
    if let (Some(charge), Some(suffix)) = (ledger.charges.get_mut(&charge_id), suffix) {
        let name = "statement_descriptor_suffix".to_owned();
        charge.echoed.insert(name, suffix);
    }
    take(ledger, &charge_id, amount, origin);
    if let Some(object) = ledger.payment_intents.get(id).map(PaymentIntent::render) {
        ledger.emit("payment_intent.succeeded", object, origin);
    }
    billing::payment_succeeded(ledger, id, origin);
    Ok(())
}

fn take(ledger: &mut Ledger, id: &str, amount: i64, origin: &Origin) {
    let Some(charge) = ledger.charges.get_mut(id) else {
        return;
    };
    let before = charge.render();
    charge.captured = true;
    charge.amount_captured = amount;
    charge.amount_refunded = charge.amount - amount;
    balance::book_charge(ledger, id, origin);
    if let Some(object) = ledger.charges.get(id).map(Charge::render) {
        ledger.emit_difference("charge.captured", before, &object, origin);
    }
    let task = Task::Aftermath(id.to_owned());
    ledger.timers.soon(origin.now, task);
}
