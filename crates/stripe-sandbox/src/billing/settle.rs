//! What becomes of an invoice when its payment succeeds, fails, or waits for the customer.

use serde_json::Value;

use crate::billing::{INVOICE, collect, number, owned, payments, set, standing, text};
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

/// The PaymentIntent has succeeded: what was received is credited to its invoice, if it has one. When
/// nothing remains the invoice is paid; what is too much goes to the customer's credit balance.
/// Source: Stripe API reference, "Attach a payment to an Invoice"; "The Invoice object",
/// `amount_overpaid`.
pub(crate) fn payment_succeeded(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    let id = payments::invoice_of(ledger, intent)
        .filter(|invoice| payments::is_open(ledger, invoice, intent));
    let received = ledger.payment_intents.get(intent);
    let received = received.map_or(0, |intent| intent.amount_received);
    let invoice = id.and_then(|id| ledger.documents.get(INVOICE, &id).cloned());
    let Some(mut invoice) = invoice else {
        return;
    };
    let waits = is_unpaid(&invoice);
    let remaining = if waits {
        number(&invoice, "amount_remaining")
    } else {
        0
    };
    let credited = received.min(remaining);
    let paid = number(&invoice, "amount_paid").saturating_add(credited);
    set(&mut invoice, "amount_paid", paid);
    set(&mut invoice, "amount_remaining", remaining - credited);
    overpaid(ledger, &mut invoice, received - credited, origin);
    if waits && credited == remaining {
        let by = Settlement::Payment(intent.to_owned());
        settle(ledger, invoice, &by, origin);
    } else {
        payments::synchronize(ledger, &invoice);
        ledger.change(invoice, "invoice.updated", origin);
    }
    payments::record(ledger, intent, credited, origin);
}

fn overpaid(ledger: &mut Ledger, invoice: &mut Document, amount: i64, origin: &Origin) {
    if amount <= 0 {
        return;
    }
    let all = number(invoice, "amount_overpaid").saturating_add(amount);
    set(invoice, "amount_overpaid", all);
    let customer = ledger
        .documents
        .get("customer", &owned(invoice, "customer"));
    if let Some(mut customer) = customer.cloned() {
        let balance = number(&customer, "balance").saturating_sub(amount);
        set(&mut customer, "balance", balance);
        ledger.change(customer, "customer.updated", origin);
    }
}

fn is_unpaid(invoice: &Document) -> bool {
    matches!(text(invoice, "status"), Some("open" | "uncollectible"))
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
    if !is_unpaid(&invoice) {
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

/// Marks an invoice as paid without a payment, and its subscription as what follows from that.
pub(crate) fn mark_paid(ledger: &mut Ledger, id: &str, by: &Settlement, origin: &Origin) {
    let Some(mut invoice) = ledger.documents.get(INVOICE, id).cloned() else {
        return;
    };
    if text(&invoice, "status") == Some("paid") {
        return;
    }
    if *by == Settlement::OutOfBand {
        let elsewhere = number(&invoice, "amount_remaining");
        set(&mut invoice, "amount_paid_off_stripe", elsewhere);
    }
    let due = number(&invoice, "amount_due");
    set(&mut invoice, "amount_paid", due);
    set(&mut invoice, "amount_remaining", 0);
    settle(ledger, invoice, by, origin);
}

/// Nothing remains to be paid.
fn settle(ledger: &mut Ledger, mut invoice: Document, by: &Settlement, origin: &Origin) {
    let id = owned(&invoice, "id");
    set(&mut invoice, "status", "paid");
    set(&mut invoice, "attempted", true);
    set(&mut invoice, "auto_advance", false);
    set(&mut invoice, "next_payment_attempt", Value::Null);
    set(&mut invoice, "status_transitions/paid_at", origin.now);
    let paying = match by {
        Settlement::Payment(intent) => Some(intent.as_str()),
        _ => None,
    };
    if let Some(intent) = paying {
        collect::count(ledger, &mut invoice);
        payments::cancel_default(ledger, &id, intent, origin);
    } else {
        payments::cancel(ledger, &id, "void_invoice", origin);
    }
    standing::paid(ledger, &invoice, paying, origin);
    ledger.change(invoice.clone(), "invoice.updated", origin);
    tell(ledger, &invoice, origin);
}

fn tell(ledger: &mut Ledger, invoice: &Document, origin: &Origin) {
    for event in ["invoice.paid", "invoice.payment_succeeded"] {
        ledger.emit(event, Value::Object(invoice.clone()), origin);
    }
}
