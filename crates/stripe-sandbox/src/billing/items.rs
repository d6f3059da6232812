//! Invoice items that wait for an invoice.

use crate::billing::{Line, from_item, owned, set, text};
use crate::state::{Document, Ledger};

pub(crate) const ITEM: &str = "invoiceitem";

/// Takes the customer's waiting items onto an invoice. With a subscription: its own and those of no
/// subscription; without: only those of none.
pub(crate) fn take_pending(
    ledger: &mut Ledger,
    customer: &str,
    currency: &str,
    subscription: Option<&str>,
    invoice: &str,
) -> Vec<Line> {
    let ids = pending(ledger, customer, currency, subscription);
    let mut lines = Vec::new();
    for id in ids {
        if let Some(item) = ledger.documents.get_mut(ITEM, &id) {
            set(item, "invoice", invoice);
            lines.push(from_item(item));
        }
    }
    lines
}

/// The ids of the items that an invoice would take.
pub(crate) fn pending(
    ledger: &Ledger,
    customer: &str,
    currency: &str,
    subscription: Option<&str>,
) -> Vec<String> {
    let wanted = |item: &&Document| {
        let of = text(item, "parent/subscription_details/subscription");
        text(item, "customer") == Some(customer)
            && text(item, "currency") == Some(currency)
            && text(item, "invoice").is_none()
            && (of.is_none() || of == subscription)
    };
    let all = ledger.documents.all(ITEM).filter(wanted);
    all.map(|item| owned(item, "id")).collect()
}

/// Whether an item can still be changed: it waits, or its invoice is a draft.
pub(crate) fn belongs_to_draft(ledger: &Ledger, item: &Document) -> bool {
    let Some(invoice) = text(item, "invoice") else {
        return true;
    };
    let invoice = ledger.documents.get(super::INVOICE, invoice);
    invoice.is_some_and(|invoice| text(invoice, "status") == Some("draft"))
}
