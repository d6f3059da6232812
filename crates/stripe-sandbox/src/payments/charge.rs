//! Asking the card's issuer: the answer is the test card's.

use serde_json::Value;

use crate::cards::{FRAUDULENT, Outcome};
use crate::ids;
use crate::objects::{CaptureMethod, Charge, ChargeResult, PaymentMethod, Status};
use crate::payments::{fail, find};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// Whether the shopper passed a challenge before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Authenticated {
    Yes,
    No,
}

/// Charges the payment's method. A decline is the error, and the payment is back at the start.
pub(super) fn attempt(
    ledger: &mut Ledger,
    id: &str,
    authenticated: Authenticated,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    let used = intent.payment_method.clone().unwrap_or_default();
    let (amount, manual) = (
        intent.amount,
        intent.capture_method == CaptureMethod::Manual,
    );
    let Some(method) = ledger.payment_methods.get(&used) else {
        return Err(StripeError::missing("PaymentMethod", &used));
    };
    let result = match method.card.outcome {
        Outcome::Declines(decline) | Outcome::AuthenticatesThenDeclines(decline) => {
            ChargeResult::Declined(decline)
        }
        Outcome::Blocked => ChargeResult::Blocked(FRAUDULENT),
        Outcome::Succeeds | Outcome::Authenticates(_) => ChargeResult::Approved,
    };
    let captured = result == ChargeResult::Approved && !manual;
    let payment_method = PaymentMethod::render(method);
    let intent = find(ledger, id)?;
    let charge = Charge {
        id: ids::object("ch"),
        payment_intent: id.to_owned(),
        livemode: intent.livemode,
        created: origin.now,
        amount,
        amount_captured: if captured { amount } else { 0 },
        amount_refunded: 0,
        currency: intent.currency.clone(),
        captured,
        result,
        authenticated: authenticated == Authenticated::Yes,
        payment_method,
        metadata: intent.metadata.clone(),
        echoed: intent.echoed.clone(),
    };
    let charge_id = charge.id.clone();
    intent.latest_charge = Some(charge_id.clone());
    intent.next_action = Value::Null;
    let charge_object = charge.render();
    ledger.charges.insert(charge_id.clone(), charge);
    if let Some(decline) = result.decline() {
        ledger.emit("charge.failed", charge_object, origin);
        let error = StripeError::card(decline, decline.message()).with("charge", charge_id);
        return fail(ledger, id, error, origin);
    }
    let intent = find(ledger, id)?;
    let event = if manual {
        intent.status = Status::RequiresCapture;
        intent.amount_capturable = amount;
        "payment_intent.amount_capturable_updated"
    } else {
        intent.status = Status::Succeeded;
        intent.amount_received = amount;
        "payment_intent.succeeded"
    };
    let object = intent.render();
    ledger.emit("charge.succeeded", charge_object, origin);
    ledger.emit(event, object, origin);
    Ok(())
}
