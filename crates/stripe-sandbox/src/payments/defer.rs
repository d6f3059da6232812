//! Payments whose money comes days later. The sandbox has no bank debits: a card stands for one.
//! Source: Stripe docs, "How PaymentIntents work", `processing`.

use crate::cards::Decline;
use crate::objects::{PaymentIntent, Status};
use crate::payments::charge::{self, Attempt};
use crate::payments::{find, unexpected_state, wallet};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// What a bank says that has no money to give.
const NO_MONEY: Decline = Decline {
    code: "card_declined",
    decline_code: "insufficient_funds",
};

/// Confirms a payment that then waits for its money.
pub(crate) fn defer(
    ledger: &mut Ledger,
    id: &str,
    method: String,
    origin: &Origin,
) -> Result<(), StripeError> {
    let customer = find(ledger, id)?.customer.clone();
    wallet::check_use(ledger, &method, customer.as_deref())?;
    let intent = find(ledger, id)?;
    intent.payment_method = Some(method);
    intent.status = Status::Processing;
    if let Some(object) = ledger.payment_intents.get(id).map(PaymentIntent::render) {
        ledger.emit("payment_intent.processing", object, origin);
    }
    Ok(())
}

/// The money comes, or does not; a decline is no error here.
pub(crate) fn settle_deferred(
    ledger: &mut Ledger,
    id: &str,
    succeeds: bool,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if intent.status != Status::Processing {
        return Err(unexpected_state(format!(
            "This PaymentIntent has a status of {} and waits for no money.",
            intent.status.as_str()
        )));
    }
    let how = Attempt {
        three_d_secure: None,
        refusal: (!succeeds).then_some(NO_MONEY),
    };
    match charge::attempt(ledger, id, how, origin) {
        Err(error) if error.status == 402 => Ok(()),
        other => other,
    }
}
