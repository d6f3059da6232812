//! Asking the card's issuer: the answer is the test card's.

use serde_json::Value;

use crate::billing;
use crate::cards::{Decline, FRAUDULENT, Outcome};
use crate::checkout;
use crate::ids;
use crate::money::balance;
use crate::objects::{
    CaptureMethod, Charge, ChargeResult, HOLD_SECONDS, PaymentIntent, PaymentMethod, Status,
    ThreeDSecure,
};
use crate::payments::{fail, find, wallet};
use crate::state::{Ledger, Task};
use crate::v1::{Origin, StripeError};

/// How the issuer is asked.
#[derive(Clone, Copy, Default)]
pub(super) struct Attempt {
    pub(super) three_d_secure: Option<ThreeDSecure>,
    /// The issuer refuses for this reason, whatever the card would do.
    pub(super) refusal: Option<Decline>,
}

/// Charges the payment's method. A decline is the error, and the payment is back at the start.
pub(super) fn attempt(
    ledger: &mut Ledger,
    id: &str,
    attempt: Attempt,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    let used = intent.payment_method.clone().unwrap_or_default();
    let Some(method) = ledger.payment_methods.get(&used) else {
        return Err(StripeError::missing("PaymentMethod", &used));
    };
    let result = answer(method, attempt.refusal);
    if result == ChargeResult::Approved {
        save(ledger, id, &used, attempt, origin)?;
    }
    let charge = charge_for(ledger, id, &used, result, attempt, origin)?;
    let charge_id = charge.id.clone();
    let intent = find(ledger, id)?;
    intent.latest_charge = Some(charge_id.clone());
    intent.next_action = Value::Null;
    intent.challenge_passed = false;
    ledger.charges.insert(charge_id.clone(), charge);
    if let Some(decline) = result.decline() {
        emit_charge(ledger, "charge.failed", &charge_id, origin);
        let error = StripeError::card(decline, decline.message()).with("charge", charge_id);
        return fail(ledger, id, error, origin);
    }
    approve(ledger, id, &charge_id, origin)
}

fn answer(method: &PaymentMethod, refusal: Option<Decline>) -> ChargeResult {
    match (refusal, method.card.outcome) {
        (Some(decline), _)
        | (None, Outcome::Declines(decline) | Outcome::AuthenticatesThenDeclines(decline)) => {
            ChargeResult::Declined(decline)
        }
        (None, Outcome::Blocked) => ChargeResult::Blocked(FRAUDULENT),
        (None, Outcome::Succeeds | Outcome::Authenticates(_)) => ChargeResult::Approved,
    }
}

/// Attaches the card where the payment says so; a card of nobody can be used once only.
fn save(
    ledger: &mut Ledger,
    id: &str,
    used: &str,
    attempt: Attempt,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    let customer = intent.customer.clone();
    let usage = intent.setup_future_usage().map(str::to_owned);
    let Some(method) = ledger.payment_methods.get_mut(used) else {
        return Ok(());
    };
    if usage.as_deref() == Some("off_session")
        && attempt.three_d_secure == Some(ThreeDSecure::Authenticated)
    {
        method.set_up = true;
    }
    match (&method.customer, customer, usage) {
        (None, Some(customer), Some(_)) => wallet::attach(ledger, used, &customer, origin)?,
        (None, _, None) => method.spent = true,
        _ => {}
    }
    Ok(())
}

fn charge_for(
    ledger: &mut Ledger,
    id: &str,
    used: &str,
    result: ChargeResult,
    attempt: Attempt,
    origin: &Origin,
) -> Result<Charge, StripeError> {
    let Some(method) = ledger.payment_methods.get(used) else {
        return Err(StripeError::missing("PaymentMethod", used));
    };
    let (payment_method, risk) = (method.render(), method.card.risk());
    let intent = find(ledger, id)?;
    let captured = result == ChargeResult::Approved && !intent.is_captured_later();
    let charge_id = ids::object("ch");
    Ok(Charge {
        payment_intent: id.to_owned(),
        livemode: intent.livemode,
        created: origin.now,
        amount: intent.amount,
        amount_captured: if captured { intent.amount } else { 0 },
        amount_refunded: 0,
        currency: intent.currency.clone(),
        captured,
        result,
        three_d_secure: attempt.three_d_secure,
        risk,
        customer: intent.customer.clone(),
        balance_transaction: None,
        disputed: false,
        user_report: None,
        receipt_url: format!("{}/receipts/{charge_id}", origin.base_url),
        payment_method,
        metadata: intent.metadata.clone(),
        echoed: intent.echoed.clone(),
        id: charge_id,
    })
}

/// The issuer said yes: the money is taken, or held.
fn approve(
    ledger: &mut Ledger,
    id: &str,
    charge: &str,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    let held = intent.is_captured_later();
    let settled_later = intent.capture_method == CaptureMethod::AutomaticAsync;
    let event = if held {
        intent.status = Status::RequiresCapture;
        intent.amount_capturable = intent.amount;
        "payment_intent.amount_capturable_updated"
    } else {
        intent.status = Status::Succeeded;
        intent.amount_received = intent.amount;
        "payment_intent.succeeded"
    };
    if held {
        let due = origin.now + HOLD_SECONDS;
        let task = Task::ExpireAuthorisation(id.to_owned());
        ledger.timers.at(due, task);
    } else if settled_later {
        let task = Task::SettleCharge(charge.to_owned());
        ledger.timers.soon(origin.now, task);
    } else {
        balance::book_charge(ledger, charge, origin);
    }
    if !held {
        let task = Task::Aftermath(charge.to_owned());
        ledger.timers.soon(origin.now, task);
    }
    emit_charge(ledger, "charge.succeeded", charge, origin);
    if let Some(object) = ledger.payment_intents.get(id).map(PaymentIntent::render) {
        ledger.emit(event, object, origin);
    }
    if !held {
        billing::payment_succeeded(ledger, id, origin);
    }
    checkout::payment_succeeded(ledger, id, origin);
    Ok(())
}

fn emit_charge(ledger: &mut Ledger, event: &'static str, id: &str, origin: &Origin) {
    if let Some(object) = ledger.charges.get(id).map(Charge::render) {
        ledger.emit(event, object, origin);
    }
}
