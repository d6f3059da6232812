//! The ends of a subscription. Source: Stripe docs, "Cancel subscriptions".

use serde_json::Value;

use crate::billing::{INVOICE, ITEM, SUBSCRIPTION, flag, invoices, number, owned, set, text};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// Ends a subscription now.
pub(crate) fn cancel(ledger: &mut Ledger, id: &str, reason: &'static str, origin: &Origin) {
    let Some(mut subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    if matches!(
        text(&subscription, "status"),
        Some("canceled" | "incomplete_expired")
    ) {
        return;
    }
    let began = text(&subscription, "status") != Some("incomplete");
    set(&mut subscription, "status", "canceled");
    set(&mut subscription, "ended_at", origin.now);
    if number(&subscription, "canceled_at") == 0 {
        set(&mut subscription, "canceled_at", origin.now);
    }
    if text(&subscription, "cancellation_details/reason").is_none() {
        set(&mut subscription, "cancellation_details/reason", reason);
    }
    set(&mut subscription, "pending_update", Value::Null);
    ledger.documents.insert(subscription.clone());
    drop_prorations(ledger, id);
    stop_collecting(ledger, id, began, origin);
    ledger.emit(
        "customer.subscription.deleted",
        Value::Object(subscription),
        origin,
    );
}

/// The first invoice was not paid in time.
pub(super) fn expire(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(mut subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    if text(&subscription, "status") != Some("incomplete") {
        return;
    }
    set(&mut subscription, "status", "incomplete_expired");
    set(&mut subscription, "ended_at", origin.now);
    ledger.change(subscription, "customer.subscription.updated", origin);
    stop_collecting(ledger, id, false, origin);
}

/// Prorations that nobody was charged for are void with their subscription.
fn drop_prorations(ledger: &mut Ledger, id: &str) {
    let waits = |item: &&Document| {
        text(item, "parent/subscription_details/subscription") == Some(id)
            && text(item, "invoice").is_none()
            && flag(item, "proration")
    };
    let ids: Vec<String> = ledger
        .documents
        .all(ITEM)
        .filter(waits)
        .map(|item| owned(item, "id"))
        .collect();
    for item in ids {
        ledger.documents.remove(ITEM, &item);
    }
}

/// Open invoices of a subscription that began are no longer collected; those of one that did not are
/// void.
fn stop_collecting(ledger: &mut Ledger, id: &str, began: bool, origin: &Origin) {
    let of = |invoice: &&Document| {
        text(invoice, "parent/subscription_details/subscription") == Some(id)
            && matches!(text(invoice, "status"), Some("draft" | "open"))
    };
    let open: Vec<Document> = ledger.documents.all(INVOICE).filter(of).cloned().collect();
    for mut invoice in open {
        if !began && text(&invoice, "status") == Some("open") {
            // It is open, so it can be voided.
            let _ = invoices::void(ledger, &owned(&invoice, "id"), origin);
            continue;
        }
        set(&mut invoice, "auto_advance", false);
        set(&mut invoice, "next_payment_attempt", Value::Null);
        set(&mut invoice, "automatically_finalizes_at", Value::Null);
        ledger.change(invoice, "invoice.updated", origin);
    }
}

/// What the subscription is charged to.
pub(crate) fn payment_method(ledger: &Ledger, subscription: &Document) -> Option<String> {
    let own = text(subscription, "default_payment_method");
    let of_customer = || {
        let customer = ledger
            .documents
            .get("customer", text(subscription, "customer")?)?;
        text(customer, "invoice_settings/default_payment_method")
    };
    own.or_else(of_customer).map(str::to_owned)
}

/// A customer that is deleted has no subscriptions any more.
pub(crate) fn cancel_all(ledger: &mut Ledger, customer: &str, origin: &Origin) {
    let ids: Vec<String> = ledger
        .documents
        .all(SUBSCRIPTION)
        .filter(|subscription| text(subscription, "customer") == Some(customer))
        .map(|subscription| owned(subscription, "id"))
        .collect();
    for id in ids {
        cancel(ledger, &id, "cancellation_requested", origin);
    }
}
