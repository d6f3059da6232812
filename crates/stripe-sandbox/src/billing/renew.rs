//! What time does to a subscription. Source: Stripe docs, "Subscription invoices", "Trials".

use serde_json::Value;

use crate::billing::{
    Draft, SUBSCRIPTION, add_lines, at, collect, draft, end, enter_tasks, finalize, finalize_later,
    invoices, items_of, number, owned, period, put_items, set, set_period, standing,
    subscription_items, take_pending, text,
};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// The period of a subscription ends: it is canceled, paused, or goes on with the next.
pub(super) fn period_end(ledger: &mut Ledger, id: &str, expected: i64, origin: &Origin) {
    let Some(subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    let status = text(&subscription, "status").unwrap_or_default();
    let runs = matches!(status, "trialing" | "active" | "past_due" | "unpaid");
    if !runs || period(&subscription).1 != expected {
        return;
    }
    let cancel_at = number(&subscription, "cancel_at");
    if cancel_at > 0 && cancel_at <= origin.now {
        end::cancel(ledger, id, "cancellation_requested", origin);
        return;
    }
    if status == "trialing" {
        if !has_payment_method(ledger, &subscription) {
            match text(
                &subscription,
                "trial_settings/end_behavior/missing_payment_method",
            ) {
                Some("cancel") => return end::cancel(ledger, id, "payment_failed", origin),
                Some("pause") => return pause(ledger, subscription, origin),
                _ => {}
            }
        }
        begin_paying(ledger, subscription, origin);
    } else {
        renew(ledger, subscription, origin);
    }
}

fn has_payment_method(ledger: &Ledger, subscription: &Document) -> bool {
    let by_card = text(subscription, "collection_method") == Some("charge_automatically");
    !by_card || end::payment_method(ledger, subscription).is_some()
}

/// A trial ends: the first paid period begins, and the anchor is here.
pub(super) fn begin_paying(ledger: &mut Ledger, mut subscription: Document, origin: &Origin) {
    set(&mut subscription, "status", "active");
    if text(
        &subscription,
        "trial_settings/end_behavior/billing_cycle_anchor",
    ) != Some("unchanged")
    {
        set(&mut subscription, "billing_cycle_anchor", origin.now);
    }
    renew(ledger, subscription, origin);
}

/// Pauses until somebody resumes it.
fn pause(ledger: &mut Ledger, mut subscription: Document, origin: &Origin) {
    set(&mut subscription, "status", "paused");
    ledger.change(
        subscription.clone(),
        "customer.subscription.updated",
        origin,
    );
    ledger.emit(
        "customer.subscription.paused",
        Value::Object(subscription),
        origin,
    );
}

/// Begins the next period with an invoice for it.
pub(super) fn renew(ledger: &mut Ledger, mut subscription: Document, origin: &Origin) {
    let mut items = items_of(&subscription);
    let Some(interval) = subscription_items::interval(&items) else {
        return;
    };
    let before = period(&subscription);
    let anchor = number(&subscription, "billing_cycle_anchor");
    let next = (origin.now, interval.boundary_after(anchor, origin.now));
    set_period(&mut items, next);
    put_items(&mut subscription, &items);
    let Some(invoice) = cycle_invoice(ledger, &subscription, before, next, true, origin) else {
        return;
    };
    let (id, invoice_id) = (owned(&subscription, "id"), owned(&invoice, "id"));
    set(&mut subscription, "latest_invoice", invoice_id.clone());
    let paused = text(&subscription, "pause_collection/behavior").map(str::to_owned);
    ledger.change(subscription, "customer.subscription.updated", origin);
    ledger.add(invoice, "invoice.created", origin);
    match paused.as_deref() {
        Some("void") => close(ledger, &invoice_id, "void", origin),
        Some("mark_uncollectible") => close(ledger, &invoice_id, "uncollectible", origin),
        _ => {}
    }
    enter_tasks(ledger, &id, origin);
}

fn close(ledger: &mut Ledger, invoice: &str, status: &'static str, origin: &Origin) {
    // A draft can be finalized, and what is open can be closed.
    let _ = finalize(ledger, invoice, origin);
    let open = ledger.documents.get(invoices::INVOICE, invoice);
    if open.is_some_and(|invoice| text(invoice, "status") == Some("open")) {
        let _ = match status {
            "void" => invoices::void(ledger, invoice, origin),
            status => invoices::close(ledger, invoice, status, origin),
        };
    }
}

/// The invoice for the next period. `takes`: it takes what waits, and will be finalized.
fn cycle_invoice(
    ledger: &mut Ledger,
    subscription: &Document,
    before: (i64, i64),
    next: (i64, i64),
    takes: bool,
    origin: &Origin,
) -> Option<Document> {
    let (customer, currency) = (
        owned(subscription, "customer"),
        owned(subscription, "currency"),
    );
    let held = at(subscription, "pause_collection").is_object()
        || text(subscription, "status") == Some("unpaid");
    let of = Draft {
        customer: &customer,
        subscription: Some(subscription),
        currency: &currency,
        reason: "subscription_cycle",
        period: before,
        auto_advance: !held,
    };
    let mut invoice = draft(ledger, &of, origin);
    let items = items_of(subscription);
    let lines = subscription_items::lines(ledger, subscription, &items, next, None).ok()?;
    if takes {
        let id = owned(&invoice, "id");
        let pending = take_pending(ledger, &customer, &currency, text(subscription, "id"), &id);
        add_lines(&mut invoice, pending);
        add_lines(&mut invoice, lines);
        finalize_later(ledger, &mut invoice, origin);
    } else {
        let pending = super::pending(ledger, &customer, &currency, text(subscription, "id"));
        let pending: Vec<_> = pending
            .iter()
            .filter_map(|id| ledger.documents.get(super::ITEM, id))
            .map(super::from_item)
            .collect();
        add_lines(&mut invoice, pending);
        add_lines(&mut invoice, lines);
    }
    Some(invoice)
}

/// Tells of the next invoice, which is not made yet.
pub(super) fn tell_upcoming(ledger: &mut Ledger, id: &str, expected: i64, origin: &Origin) {
    let Some(subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    let runs = matches!(text(&subscription, "status"), Some("trialing" | "active"));
    let ends = number(&subscription, "cancel_at");
    let now = period(&subscription);
    if !runs || now.1 != expected || (ends > 0 && ends <= expected) {
        return;
    }
    let items = items_of(&subscription);
    let Some(interval) = subscription_items::interval(&items) else {
        return;
    };
    let next = (expected, interval.after(expected, 1));
    if let Some(mut invoice) = cycle_invoice(ledger, &subscription, now, next, false, origin) {
        invoice.shift_remove("id");
        set(&mut invoice, "billing_reason", "upcoming");
        set(&mut invoice, "next_payment_attempt", expected + super::HOUR);
        ledger.emit("invoice.upcoming", Value::Object(invoice), origin);
    }
}

/// Tells of a trial that will end.
pub(super) fn tell_trial_end(ledger: &mut Ledger, id: &str, expected: i64, origin: &Origin) {
    let Some(subscription) = ledger.documents.get(SUBSCRIPTION, id) else {
        return;
    };
    let trial = text(subscription, "status") == Some("trialing");
    if trial && number(subscription, "trial_end") == expected {
        let object = Value::Object(subscription.clone());
        ledger.emit("customer.subscription.trial_will_end", object, origin);
    }
}

/// Finalizes a draft in its time and is paid for it, where that is possible.
pub(super) fn finalize_and_collect(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(invoice) = ledger.documents.get(invoices::INVOICE, id) else {
        return;
    };
    let due = number(invoice, "automatically_finalizes_at");
    let ready = text(invoice, "status") == Some("draft") && due > 0 && due <= origin.now;
    if !ready || finalize(ledger, id, origin).is_err() {
        return;
    }
    let open = ledger.documents.get(invoices::INVOICE, id).cloned();
    let Some(open) = open.filter(|invoice| text(invoice, "status") == Some("open")) else {
        return;
    };
    if text(&open, "collection_method") == Some("send_invoice") {
        ledger.emit("invoice.sent", Value::Object(open), origin);
    } else if super::flag(&open, "auto_advance") {
        let how = collect::Attempt {
            automatic: true,
            ..collect::Attempt::default()
        };
        // What became of it stands in the invoice.
        let _ = collect::attempt(ledger, id, how, origin);
    }
}

/// An attempt of the schedule.
pub(super) fn collect_again(ledger: &mut Ledger, id: &str, expected: i64, origin: &Origin) {
    let invoice = ledger.documents.get(invoices::INVOICE, id);
    let waits = invoice.is_some_and(|invoice| {
        text(invoice, "status") == Some("open")
            && number(invoice, "next_payment_attempt") == expected
    });
    if waits {
        let how = collect::Attempt {
            automatic: true,
            ..collect::Attempt::default()
        };
        // What became of it stands in the invoice.
        let _ = collect::attempt(ledger, id, how, origin);
    }
}

/// An invoice that was sent is not paid in time.
pub(super) fn overdue(ledger: &mut Ledger, id: &str, expected: i64, origin: &Origin) {
    let Some(invoice) = ledger.documents.get(invoices::INVOICE, id).cloned() else {
        return;
    };
    if text(&invoice, "status") != Some("open") || number(&invoice, "due_date") != expected {
        return;
    }
    ledger.emit("invoice.overdue", Value::Object(invoice.clone()), origin);
    standing::unpaid(ledger, &invoice, true, origin);
}
