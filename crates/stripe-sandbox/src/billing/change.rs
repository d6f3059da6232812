//! Changes of a subscription that are charged for at once.

use crate::billing::{
    Attempt, Draft, INVOICE, Line, PaymentBehavior, SUBSCRIPTION, add_lines, attempt, draft,
    finalize, number, owned, pending_update, set, standing, take_pending, text,
};
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

/// How a change is charged.
pub(crate) struct ChangePayment {
    /// An invoice is made now; otherwise what the change costs waits for the next one.
    pub(crate) invoices: bool,
    pub(crate) lines: Vec<Line>,
    pub(crate) behavior: PaymentBehavior,
}

/// Stores the changed subscription and is paid for the change.
pub(crate) fn change_and_charge(
    ledger: &mut Ledger,
    before: Document,
    after: Document,
    how: ChangePayment,
    origin: &Origin,
) -> Result<(), StripeError> {
    let id = owned(&after, "id");
    standing::tell(ledger, after.clone(), origin);
    if !how.invoices {
        return Ok(());
    }
    let Some(invoice) = open_invoice(ledger, &after, how.lines, origin) else {
        return Ok(());
    };
    let waits = how.behavior == PaymentBehavior::DefaultIncomplete;
    let by_card = text(&after, "collection_method") == Some("charge_automatically");
    let result = if waits || !by_card {
        Ok(())
    } else {
        attempt(ledger, &invoice, Attempt::default(), origin)
    };
    let paid = ledger
        .documents
        .get(INVOICE, &invoice)
        .is_none_or(|invoice| text(invoice, "status") == Some("paid"));
    if paid {
        return Ok(());
    }
    match how.behavior {
        PaymentBehavior::PendingIfIncomplete => {
            pending_update::hold(ledger, before, after, &invoice, origin);
            Ok(())
        }
        PaymentBehavior::ErrorIfIncomplete => {
            // The change has not happened; what was to be paid for it is void.
            let _ = super::void(ledger, &invoice, origin);
            ledger.change(before, "customer.subscription.updated", origin);
            result.and_then(|()| Err(super::collect::no_payment_method()))
        }
        PaymentBehavior::DefaultIncomplete | PaymentBehavior::AllowIncomplete => {
            if waits && let Some(now) = ledger.documents.get(SUBSCRIPTION, &id).cloned() {
                let mut now = now;
                if text(&now, "status") == Some("active") {
                    set(&mut now, "status", "past_due");
                    standing::tell(ledger, now, origin);
                }
            }
            Ok(())
        }
    }
}

/// Makes and finalizes an invoice with the lines and all that waits; none if there is nothing.
fn open_invoice(
    ledger: &mut Ledger,
    subscription: &Document,
    lines: Vec<Line>,
    origin: &Origin,
) -> Option<String> {
    let (customer, currency) = (
        owned(subscription, "customer"),
        owned(subscription, "currency"),
    );
    let of = Draft {
        customer: &customer,
        subscription: Some(subscription),
        currency: &currency,
        reason: "subscription_update",
        period: (origin.now, origin.now),
        auto_advance: true,
    };
    let mut invoice = draft(ledger, &of, origin);
    let id = owned(&invoice, "id");
    let pending = take_pending(ledger, &customer, &currency, text(subscription, "id"), &id);
    add_lines(&mut invoice, pending);
    add_lines(&mut invoice, lines);
    if number(&invoice, "lines/total_count") == 0 {
        return None;
    }
    ledger.add(invoice, "invoice.created", origin);
    if let Some(mut now) = ledger
        .documents
        .get(SUBSCRIPTION, &owned(subscription, "id"))
        .cloned()
    {
        set(&mut now, "latest_invoice", id.clone());
        standing::tell(ledger, now, origin);
    }
    // A draft that was made just now can be finalized.
    let _ = finalize(ledger, &id, origin);
    Some(id)
}

/// Invoices a subscription at once and tries to be paid for it.
pub(crate) fn invoice_now(
    ledger: &mut Ledger,
    subscription: &Document,
    lines: Vec<Line>,
    origin: &Origin,
) {
    let Some(invoice) = open_invoice(ledger, subscription, lines, origin) else {
        return;
    };
    let open = ledger.documents.get(INVOICE, &invoice);
    if open.is_some_and(|open| text(open, "status") == Some("open")) {
        let how = Attempt {
            off_session: true,
            ..Attempt::default()
        };
        // What became of it stands in the invoice.
        let _ = attempt(ledger, &invoice, how, origin);
    }
}
