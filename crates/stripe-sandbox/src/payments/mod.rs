//! What a payment does: the state machine of PaymentIntents and the charges and events it makes.
//! The API, the hosted challenge page and the control API all move payments through here.
//! Source: Stripe docs, "How PaymentIntents work".

mod authenticate;
mod cancel;
mod capture;
mod charge;
mod confirm;
mod defer;
mod expire;
pub(crate) mod wallet;

pub(crate) use authenticate::{Challenge, authenticate};
pub(crate) use cancel::{cancel, cancel_directly};
pub(crate) use capture::capture;
pub(crate) use confirm::{Confirmation, Step, challenge_url, confirm, next_action, step_for};
pub(crate) use defer::{defer, settle_deferred};
pub(crate) use expire::expire;

use serde_json::Value;

use crate::billing;
use crate::objects::{PaymentIntent, Status};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// Starts a payment: stores it, tells of it, and answers with its id.
pub(crate) fn open(ledger: &mut Ledger, intent: PaymentIntent, origin: &Origin) -> String {
    let (id, object) = (intent.id.clone(), intent.render());
    ledger.payment_intents.insert(id.clone(), intent);
    ledger.emit("payment_intent.created", object, origin);
    id
}

/// The PaymentIntent, or Stripe's 404.
pub(crate) fn find<'a>(
    ledger: &'a mut Ledger,
    id: &str,
) -> Result<&'a mut PaymentIntent, StripeError> {
    ledger
        .payment_intents
        .get_mut(id)
        .ok_or_else(|| StripeError::missing("payment_intent", id))
}

/// 400 for what the payment's state does not allow.
pub(crate) fn unexpected_state(message: String) -> StripeError {
    StripeError::invalid(message).code("payment_intent_unexpected_state")
}

/// Sends the payment back to the start with an error that its owner and Stripe.js can read.
fn fail(
    ledger: &mut Ledger,
    id: &str,
    error: StripeError,
    origin: &Origin,
) -> Result<(), StripeError> {
    let used = find(ledger, id)?.payment_method.take();
    let payment_method = used
        .and_then(|used| ledger.payment_methods.get(&used))
        .map_or(Value::Null, crate::objects::PaymentMethod::render);
    let intent = find(ledger, id)?;
    intent.status = Status::RequiresPaymentMethod;
    intent.next_action = Value::Null;
    intent.last_payment_error = error.as_last_payment_error(payment_method.clone());
    let object = intent.render();
    ledger.emit("payment_intent.payment_failed", object, origin);
    billing::payment_failed(ledger, id, origin);
    Err(error.with("payment_method", payment_method))
}
