//! Changes of a subscription that wait for their payment.
//! Source: Stripe docs, "Pending updates".

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::billing::{HOUR, SUBSCRIPTION, Task, at, invoices, number, owned, set, text};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// A pending update lapses after so long.
const LAPSES: i64 = 23 * HOUR;

/// The subscription as it will be, once the invoice is paid.
#[derive(Serialize, Deserialize)]
pub(crate) struct PendingUpdate {
    invoice: String,
    after: Document,
}

/// Puts the subscription back as it was, and keeps the change for the invoice's payment.
pub(super) fn hold(
    ledger: &mut Ledger,
    mut before: Document,
    after: Document,
    invoice: &str,
    origin: &Origin,
) {
    let id = owned(&before, "id");
    let time = origin.now + LAPSES;
    let update = json!({
        "expires_at": time,
        "subscription_items": at(&after, "items/data"),
        "trial_end": null,
        "billing_cycle_anchor": null,
        "trial_from_plan": null,
    });
    set(&mut before, "pending_update", update);
    set(&mut before, "latest_invoice", invoice);
    let clock = owned(&before, "test_clock");
    ledger.change(before, "customer.subscription.updated", origin);
    let pending = PendingUpdate {
        invoice: invoice.to_owned(),
        after,
    };
    ledger.billing.pending_updates.insert(id.clone(), pending);
    let task = Task::PendingUpdateExpires {
        subscription: id,
        time,
    };
    ledger.billing.agenda.enter(&clock, time, task);
}

/// The invoice is paid: the change takes effect.
pub(super) fn apply(ledger: &mut Ledger, subscription: &str, invoice: &Document, origin: &Origin) {
    let pending = ledger.billing.pending_updates.get(subscription);
    if pending.is_none_or(|pending| Some(pending.invoice.as_str()) != text(invoice, "id")) {
        return;
    }
    let Some(pending) = ledger.billing.pending_updates.remove(subscription) else {
        return;
    };
    let Some(mut now) = ledger.documents.get(SUBSCRIPTION, subscription).cloned() else {
        return;
    };
    for changed in ["items", "billing_cycle_anchor", "metadata"] {
        set(&mut now, changed, at(&pending.after, changed).clone());
    }
    set(&mut now, "pending_update", Value::Null);
    ledger.change(now.clone(), "customer.subscription.updated", origin);
    let event = "customer.subscription.pending_update_applied";
    ledger.emit(event, Value::Object(now), origin);
}

/// Nobody has paid in time: the change is forgotten.
pub(super) fn expire(ledger: &mut Ledger, id: &str, time: i64, origin: &Origin) {
    let Some(mut subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    if number(&subscription, "pending_update/expires_at") != time {
        return;
    }
    if let Some(pending) = ledger.billing.pending_updates.remove(id) {
        // It may have been voided by hand.
        let _ = invoices::void(ledger, &pending.invoice, origin);
    }
    set(&mut subscription, "pending_update", Value::Null);
    ledger.change(
        subscription.clone(),
        "customer.subscription.updated",
        origin,
    );
    let event = "customer.subscription.pending_update_expired";
    ledger.emit(event, Value::Object(subscription), origin);
}
