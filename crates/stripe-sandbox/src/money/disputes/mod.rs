//! Disputes: cardholders who want their money back through their bank.
//! Source: Stripe docs, "How disputes work" and "Testing › Disputes".

mod close;
mod left;
mod open;

pub(crate) use close::{Verdict, decide, overdue, refunded, submit};
pub(crate) use left::left;
pub(crate) use open::{Kind, aftermath, open};

use serde_json::{Value, json};

use crate::money::balance;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

pub(crate) const DISPUTE: &str = "dispute";

/// One of a dispute's texts.
pub(crate) fn text<'a>(dispute: &'a Document, name: &str) -> &'a str {
    dispute
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether the bank only asks; no money has moved.
pub(crate) fn is_inquiry(dispute: &Document) -> bool {
    text(dispute, "status").starts_with("warning_")
}

pub(crate) fn is_open(dispute: &Document) -> bool {
    !matches!(text(dispute, "status"), "won" | "lost" | "warning_closed")
}

/// Moves the dispute's amount out of the balance or back, notes it in the dispute, and tells of it.
fn move_funds(ledger: &mut Ledger, id: &str, out: bool, origin: &Origin) {
    let Some(dispute) = ledger.documents.get(DISPUTE, id) else {
        return;
    };
    let amount = dispute
        .get("amount")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let charge = text(dispute, "charge").to_owned();
    let signed = if out { -amount } else { amount };
    let Some(transaction) = balance::book_dispute(ledger, id, &charge, signed, origin) else {
        return;
    };
    let Some(dispute) = ledger.documents.get_mut(DISPUTE, id) else {
        return;
    };
    let transactions = dispute
        .entry("balance_transactions")
        .or_insert_with(|| json!([]));
    if let Value::Array(transactions) = transactions {
        transactions.push(transaction);
    }
    let object = Value::Object(dispute.clone());
    let event = if out {
        "charge.dispute.funds_withdrawn"
    } else {
        "charge.dispute.funds_reinstated"
    };
    ledger.emit(event, object, origin);
}
