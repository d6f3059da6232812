//! What becomes of an invoice when its payment succeeds, fails, or waits for the customer.

use serde_json::Value;

use crate::billing::{INVOICE, collect, number, payments, set, standing, text};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// How an invoice came to be paid.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// By a PaymentIntent.
    Payment(String),
    /// The merchant got the money elsewhere.
    OutOfBand,
    /// Nothing was to be paid.
    Nothing,
}

/// The PaymentIntent has succeeded: its invoice, if it has one, is paid.
pub(crate) fn payment_succeeded(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    if let Some(invoice) = payments::invoice_of(ledger, intent) {
        mark_paid(
            ledger,
            &invoice,
            &Settlement::Payment(intent.to_owned()),
            origin,
        );
    }
}

/// The PaymentIntent has failed.
pub(crate) fn payment_failed(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    if let Some(invoice) = payments::invoice_of(ledger, intent) {
        failed(ledger, &invoice, origin);
    }
}

/// The PaymentIntent waits for its customer. Stripe tells of that as of a failed payment, and by an
/// event of its own.
pub(crate) fn payment_needs_action(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    let Some(id) = payments::invoice_of(ledger, intent) else {
        return;
    };
    unpaid(
        ledger,
        &id,
        &["invoice.payment_action_required", "invoice.payment_failed"],
        origin,
    );
}

/// An attempt has failed.
pub(super) fn failed(ledger: &mut Ledger, id: &str, origin: &Origin) {
    unpaid(ledger, id, &["invoice.payment_failed"], origin);
}

fn unpaid(ledger: &mut Ledger, id: &str, events: &[&'static str], origin: &Origin) {
    let Some(mut invoice) = ledger.documents.get(INVOICE, id).cloned() else {
        return;
    };
    if !matches!(text(&invoice, "status"), Some("open" | "uncollectible")) {
        return;
    }
    collect::count(ledger, &mut invoice);
    // A subscription that has not begun is not retried: it expires.
    let begins = standing::is_incomplete(ledger, &invoice);
    let goes_on = begins || collect::retry(ledger, &mut invoice, origin);
    ledger.change(invoice.clone(), "invoice.updated", origin);
    for event in events {
        ledger.emit(event, Value::Object(invoice.clone()), origin);
    }
    standing::unpaid(ledger, &invoice, goes_on, origin);
}

/// Marks an invoice as paid, and its subscription as what follows from that.
pub(crate) fn mark_paid(ledger: &mut Ledger, id: &str, by: &Settlement, origin: &Origin) {
    let Some(mut invoice) = ledger.documents.get(INVOICE, id).cloned() else {
        return;
    };
    if text(&invoice, "status") == Some("paid") {
        return;
    }
    let due = number(&invoice, "amount_due");
    set(&mut invoice, "status", "paid");
    set(&mut invoice, "amount_paid", due);
    set(&mut invoice, "amount_remaining", 0);
    set(&mut invoice, "attempted", true);
    set(&mut invoice, "auto_advance", false);
    set(&mut invoice, "next_payment_attempt", Value::Null);
    set(&mut invoice, "status_transitions/paid_at", origin.now);
    if matches!(by, Settlement::Payment(_)) {
        collect::count(ledger, &mut invoice);
    } else {
        payments::cancel(ledger, id, "void_invoice", origin);
    }
    if *by == Settlement::OutOfBand {
        set(&mut invoice, "amount_paid_off_stripe", due);
    }
    let paying = match by {
        Settlement::Payment(intent) => Some(intent.as_str()),
        _ => None,
    };
    standing::paid(ledger, &invoice, paying, origin);
    ledger.change(invoice.clone(), "invoice.updated", origin);
    tell(ledger, &invoice, origin);
    if let Some(intent) = paying {
        payments::record(ledger, intent, due, origin);
    }
}

fn tell(ledger: &mut Ledger, invoice: &Document, origin: &Origin) {
    for event in ["invoice.paid", "invoice.payment_succeeded"] {
        ledger.emit(event, Value::Object(invoice.clone()), origin);
    }
}
