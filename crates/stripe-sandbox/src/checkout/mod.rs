//! What checkout sessions do: they wait for the customer, are paid, complete or expire. The API, the
//! hosted page and the control API all move sessions through here.
//! Source: Stripe docs, "How Checkout works", "Fulfill orders".

mod choose;
mod complete;
mod customer;
mod expire;
mod hidden;
mod later;
mod pay;
mod payer;
mod payment;
mod setup;
mod subscription;

pub(crate) use choose::choose;
pub(crate) use complete::payment_succeeded;
pub(crate) use expire::{expire, expire_in_time};
pub(crate) use hidden::{Hidden, items, set_items, totals};
pub(crate) use later::{Outcome, settle};
pub(crate) use pay::{Paid, pay};
pub(crate) use payer::Payer;
pub(crate) use setup::setup_succeeded;

pub(crate) const SESSION: &str = "checkout.session";

use serde_json::Value;

use crate::state::{Document, Ledger};
use crate::v1::StripeError;

/// The session, if it still waits for its customer.
fn open(ledger: &Ledger, id: &str) -> Result<Document, StripeError> {
    let session = ledger.documents.find(SESSION, id)?;
    match session.get("status").and_then(Value::as_str) {
        Some("open") => Ok(session.clone()),
        status => Err(StripeError::invalid(format!(
            "This Checkout Session has a status of `{}` and takes no payment any more.",
            status.unwrap_or_default()
        ))),
    }
}
