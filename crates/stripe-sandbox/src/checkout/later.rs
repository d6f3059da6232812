//! Payments whose money comes days after the session was completed, as with bank debits.
//! Source: Stripe docs, "Fulfill orders", "Delayed notification payment methods".

use serde_json::{Value, json};

use super::complete::{complete, put};
use super::{Paid, SESSION};
use crate::payments;
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// How a payment that was made later ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
}

/// Completes the session with the payment under way.
pub(super) fn start(
    ledger: &mut Ledger,
    session: &str,
    intent: &str,
    method: String,
    origin: &Origin,
) -> Result<Paid, StripeError> {
    payments::defer(ledger, intent, method, origin)?;
    complete(ledger, session, "unpaid", origin);
    Ok(Paid::Done)
}

/// The money comes, or does not.
pub(crate) fn settle(
    ledger: &mut Ledger,
    session: &str,
    outcome: Outcome,
    origin: &Origin,
) -> Result<(), StripeError> {
    let found = ledger.documents.find(SESSION, session)?;
    let intent = found
        .get("payment_intent")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let succeeds = outcome == Outcome::Succeeded;
    payments::settle_deferred(ledger, &intent, succeeds, origin)?;
    let event = if succeeds {
        put(ledger, session, "payment_status", json!("paid"));
        "checkout.session.async_payment_succeeded"
    } else {
        "checkout.session.async_payment_failed"
    };
    if let Some(object) = ledger.object(SESSION, session) {
        ledger.emit(event, object, origin);
    }
    Ok(())
}
