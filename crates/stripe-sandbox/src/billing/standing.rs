//! How a subscription stands after its invoices were paid or not.
//! Source: Stripe docs, "How subscriptions work › Subscription statuses".

use serde_json::Value;

use crate::billing::{end, owned, pending_update, set, text};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

pub(crate) const SUBSCRIPTION: &str = "subscription";

/// The subscription that an invoice is for.
pub(super) fn of_invoice(ledger: &Ledger, invoice: &Document) -> Option<Document> {
    let id = text(invoice, "parent/subscription_details/subscription")?;
    ledger.documents.get(SUBSCRIPTION, id).cloned()
}

/// Whether the invoice is the first of a subscription that has not begun.
pub(super) fn is_incomplete(ledger: &Ledger, invoice: &Document) -> bool {
    of_invoice(ledger, invoice)
        .is_some_and(|subscription| text(&subscription, "status") == Some("incomplete"))
}

/// The invoice is paid: what waited for it goes on.
pub(super) fn paid(ledger: &mut Ledger, invoice: &Document, intent: Option<&str>, origin: &Origin) {
    let Some(mut subscription) = of_invoice(ledger, invoice) else {
        return;
    };
    let latest = text(&subscription, "latest_invoice") == text(invoice, "id");
    let waits = matches!(
        text(&subscription, "status"),
        Some("incomplete" | "past_due" | "unpaid")
    );
    if waits && latest {
        set(&mut subscription, "status", "active");
    }
    let saves = text(
        &subscription,
        "payment_settings/save_default_payment_method",
    );
    if saves == Some("on_subscription")
        && let Some(intent) = intent.and_then(|id| ledger.payment_intents.get(id))
        && let Some(method) = intent.payment_method.clone()
    {
        set(&mut subscription, "default_payment_method", method);
    }
    let id = owned(&subscription, "id");
    tell(ledger, subscription, origin);
    pending_update::apply(ledger, &id, invoice, origin);
}

/// The invoice was not paid. `goes_on`: there will be another attempt.
pub(super) fn unpaid(ledger: &mut Ledger, invoice: &Document, goes_on: bool, origin: &Origin) {
    let Some(mut subscription) = of_invoice(ledger, invoice) else {
        return;
    };
    if text(&subscription, "status") == Some("active") {
        set(&mut subscription, "status", "past_due");
        tell(ledger, subscription.clone(), origin);
    }
    if !goes_on {
        end::cancel(
            ledger,
            &owned(&subscription, "id"),
            "payment_failed",
            origin,
        );
    }
}

/// Stores a subscription and tells of the change; of one that is being made, that it is there.
pub(super) fn tell(ledger: &mut Ledger, subscription: Document, origin: &Origin) {
    let id = owned(&subscription, "id");
    if ledger.billing.untold.as_deref() == Some(id.as_str()) {
        ledger.billing.untold = None;
        ledger.documents.insert(subscription.clone());
        let object = Value::Object(subscription);
        ledger.emit("customer.subscription.created", object, origin);
    } else {
        ledger.change(subscription, "customer.subscription.updated", origin);
    }
}
