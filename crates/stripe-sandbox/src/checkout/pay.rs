//! The customer presses the button.

use serde_json::{Value, json};

use super::complete::complete;
use super::{Hidden, Payer, SESSION, open, payment, setup, subscription};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// What becomes of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// The session is complete.
    Done,
    /// The card's holder has to pass a challenge first.
    Challenge { client_secret: String },
}

/// Pays a session, or sets up or subscribes, as its mode says. A decline is the error, and the session
/// stays open. A session that is complete already is not paid again.
pub(crate) fn pay(
    ledger: &mut Ledger,
    id: &str,
    payer: &Payer,
    origin: &Origin,
) -> Result<Paid, StripeError> {
    let known = ledger.documents.find(SESSION, id)?;
    if known.get("status") == Some(&json!("complete")) {
        return Ok(Paid::Done);
    }
    let session = open(ledger, id)?;
    payer.check(&session)?;
    let mut hidden = Hidden::of(ledger, id);
    hidden.set_payer(payer);
    let mode = session
        .get("mode")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let total = session
        .get("amount_total")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    match mode {
        "payment" if total == 0 => {
            hidden.store(ledger);
            complete(ledger, id, "no_payment_required", origin);
            Ok(Paid::Done)
        }
        "payment" => payment::pay(ledger, &session, hidden, payer, origin),
        "setup" => setup::set_up(ledger, &session, hidden, payer, origin),
        _ => subscription::subscribe(ledger, &session, hidden, payer, origin),
    }
}
