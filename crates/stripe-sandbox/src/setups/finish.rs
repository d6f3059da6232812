//! How a set-up ends: with a card that is kept, with an error, or given up.

use serde_json::Value;

use super::{attempt, find, tell, unexpected_state};
use crate::billing;
use crate::checkout;
use crate::objects::{PaymentMethod, SetupStatus, ThreeDSecure};
use crate::payments::{Challenge, wallet};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// Ends the challenge that the set-up waits for.
pub(crate) fn authenticate(
    ledger: &mut Ledger,
    id: &str,
    challenge: Challenge,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if intent.status != SetupStatus::RequiresAction {
        return Err(unexpected_state(format!(
            "This SetupIntent has a status of {} and waits for no authentication.",
            intent.status.as_str()
        )));
    }
    match challenge {
        Challenge::Passed => {
            // The card may have been used up or become another customer's meanwhile.
            let (used, customer) = (intent.payment_method.clone(), intent.customer.clone());
            let usable = wallet::check_use(ledger, &used.unwrap_or_default(), customer.as_deref());
            match usable {
                Ok(()) => succeed(ledger, id, Some(ThreeDSecure::Authenticated), origin),
                Err(error) => fail(ledger, id, error, origin),
            }
        }
        Challenge::Failed => {
            let error = StripeError::authentication_failed(
                "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this SetupIntent again.",
            );
            fail(
                ledger,
                id,
                error.code("setup_intent_authentication_failure"),
                origin,
            )
        }
    }
}

/// Gives a set-up up. Source: Stripe API reference, "Cancel a SetupIntent".
pub(crate) fn cancel(
    ledger: &mut Ledger,
    id: &str,
    reason: Option<String>,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if !intent.status.is_open() {
        return Err(unexpected_state(format!(
            "You cannot cancel this SetupIntent because it has a status of {}. Only a SetupIntent with one of the following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action.",
            intent.status.as_str()
        )));
    }
    let waited = intent.status == SetupStatus::RequiresAction;
    intent.status = SetupStatus::Canceled;
    intent.cancellation_reason = reason;
    intent.next_action = Value::Null;
    if waited {
        attempt::end(ledger, id, "abandoned", None, Value::Null);
    }
    tell(ledger, id, "setup_intent.canceled", origin);
    Ok(())
}

/// The card is kept: attached, where there is a customer.
pub(super) fn succeed(
    ledger: &mut Ledger,
    id: &str,
    three_d_secure: Option<ThreeDSecure>,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    let (customer, off_session) = (intent.customer.clone(), intent.usage == "off_session");
    let used = intent.payment_method.clone().unwrap_or_default();
    let mut attach = None;
    if let Some(method) = ledger.payment_methods.get_mut(&used) {
        method.set_up |= off_session && three_d_secure == Some(ThreeDSecure::Authenticated);
        attach = customer.filter(|_| method.customer.is_none());
    }
    if let Some(customer) = attach {
        wallet::attach(ledger, &used, &customer, origin)?;
    }
    attempt::end(ledger, id, "succeeded", three_d_secure, Value::Null);
    let intent = find(ledger, id)?;
    intent.status = SetupStatus::Succeeded;
    intent.next_action = Value::Null;
    tell(ledger, id, "setup_intent.succeeded", origin);
    checkout::setup_succeeded(ledger, id, origin);
    billing::setup_succeeded(ledger, id, origin);
    Ok(())
}

/// Sends the set-up back to the start with an error that its owner and Stripe.js can read.
pub(super) fn fail(
    ledger: &mut Ledger,
    id: &str,
    error: StripeError,
    origin: &Origin,
) -> Result<(), StripeError> {
    let used = find(ledger, id)?.payment_method.take();
    let method = used
        .and_then(|used| ledger.payment_methods.get(&used))
        .map_or(Value::Null, PaymentMethod::render);
    let last = error.as_last_payment_error(method.clone());
    attempt::end(ledger, id, "failed", None, last.clone());
    let intent = find(ledger, id)?;
    intent.status = SetupStatus::RequiresPaymentMethod;
    intent.next_action = Value::Null;
    intent.last_setup_error = last;
    tell(ledger, id, "setup_intent.setup_failed", origin);
    Err(error.with("payment_method", method))
}
