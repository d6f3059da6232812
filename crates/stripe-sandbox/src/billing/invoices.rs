//! Drafts and the ends of invoices that are not paid.
//! Source: Stripe docs, "Status transitions and finalization".

use serde_json::{Value, json};

use crate::billing::{HOUR, Line, Task, at, flag, lines, number, owned, payments, set, text};
use crate::ids;
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

pub(crate) const INVOICE: &str = "invoice";

/// What a new invoice is for.
pub(crate) struct Draft<'a> {
    pub(crate) customer: &'a str,
    pub(crate) subscription: Option<&'a Document>,
    pub(crate) currency: &'a str,
    /// `billing_reason`
    pub(crate) reason: &'static str,
    pub(crate) period: (i64, i64),
    pub(crate) auto_advance: bool,
}

/// A draft without lines. It is not stored: `Ledger::add` does that when it is complete.
pub(crate) fn draft(ledger: &Ledger, of: &Draft<'_>, origin: &Origin) -> Document {
    let mut invoice = ledger.blank(INVOICE, ids::object("in"), origin.now);
    let id = owned(&invoice, "id");
    let none = Document::new();
    let customer = ledger
        .documents
        .get("customer", of.customer)
        .unwrap_or(&none);
    let of_subscription = |path: &str| of.subscription.map_or(&Value::Null, |from| at(from, path));
    let fields = json!({
        "account_country": ledger.spec.country,
        "account_name": ledger.spec.business_name,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": of.auto_advance,
        "automatic_tax": { "enabled": false },
        "billing_reason": of.reason,
        "collection_method": of_subscription("collection_method").as_str().unwrap_or("charge_automatically"),
        "currency": of.currency,
        "customer": of.customer,
        "customer_address": customer.get("address"),
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "customer_phone": customer.get("phone"),
        "customer_shipping": customer.get("shipping"),
        "customer_tax_exempt": customer.get("tax_exempt"),
        "customer_tax_ids": [],
        "custom_fields": at(customer, "invoice_settings/custom_fields"),
        "default_payment_method": null,
        "description": of_subscription("description"),
        "footer": at(customer, "invoice_settings/footer"),
        "issuer": { "type": "self" },
        "lines": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": format!("/v1/invoices/{id}/lines"),
        },
        "metadata": {},
        "payment_settings": {
            "payment_method_types": of_subscription("payment_settings/payment_method_types"),
            "payment_method_options": of_subscription("payment_settings/payment_method_options"),
        },
        "period_start": of.period.0,
        "period_end": of.period.1,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": number(customer, "balance"),
        "status": "draft",
        "status_transitions": {},
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": customer.get("test_clock"),
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    });
    if let Value::Object(fields) = fields {
        invoice.extend(fields);
    }
    if let Some(subscription) = of.subscription {
        let details = json!({
            "metadata": subscription.get("metadata"), "subscription": subscription.get("id"),
        });
        let parent = json!({ "subscription_details": details, "type": "subscription_details" });
        set(&mut invoice, "parent", parent);
    }
    invoice
}

/// Adds lines and counts the amounts again.
pub(crate) fn add_lines(invoice: &mut Document, more: impl IntoIterator<Item = Line>) {
    lines::append(invoice, more);
    refresh(invoice);
}

/// The amounts that follow from the lines. What the customer's balance pays or owes shows in
/// `amount_due`; it is taken when the invoice is finalized.
pub(crate) fn refresh(invoice: &mut Document) {
    let lines: i64 = super::objects(invoice, "lines/data")
        .map(|line| number(line, "amount"))
        .fold(0, i64::saturating_add);
    let total = lines.saturating_add(number(invoice, "amount_shipping"));
    for name in [
        "subtotal",
        "subtotal_excluding_tax",
        "total",
        "total_excluding_tax",
    ] {
        set(invoice, name, total);
    }
    let due = total.saturating_add(number(invoice, "starting_balance"));
    let due = due.max(0);
    set(invoice, "amount_due", due);
    set(
        invoice,
        "amount_remaining",
        due.saturating_sub(number(invoice, "amount_paid")),
    );
}

/// Lets a draft that advances by itself be finalized an hour later.
pub(crate) fn finalize_later(ledger: &mut Ledger, invoice: &mut Document, origin: &Origin) {
    if !flag(invoice, "auto_advance") {
        return;
    }
    let time = origin.now + HOUR;
    set(invoice, "automatically_finalizes_at", time);
    let clock = owned(invoice, "test_clock");
    let invoice = owned(invoice, "id");
    ledger
        .billing
        .agenda
        .enter(&clock, time, Task::Finalize { invoice });
}

/// Voids an open or uncollectible invoice.
pub(crate) fn void(ledger: &mut Ledger, id: &str, origin: &Origin) -> Result<Value, StripeError> {
    let invoice = ledger.documents.find(INVOICE, id)?;
    let status = text(invoice, "status").unwrap_or_default();
    if !matches!(status, "open" | "uncollectible") {
        return Err(StripeError::invalid(format!(
            "You can only pass in open invoices. This invoice isn't open. (Its status is {status}.)"
        )));
    }
    payments::cancel(ledger, id, "void_invoice", origin);
    close(ledger, id, "void", origin)
}

/// Ends an invoice as `void` or `uncollectible`.
pub(crate) fn close(
    ledger: &mut Ledger,
    id: &str,
    status: &'static str,
    origin: &Origin,
) -> Result<Value, StripeError> {
    let mut invoice = ledger.documents.find(INVOICE, id)?.clone();
    let (at, event) = match status {
        "void" => ("voided_at", "invoice.voided"),
        _ => ("marked_uncollectible_at", "invoice.marked_uncollectible"),
    };
    set(&mut invoice, "status", status);
    set(&mut invoice, "auto_advance", false);
    set(&mut invoice, "next_payment_attempt", Value::Null);
    set(
        &mut invoice,
        &format!("status_transitions/{at}"),
        origin.now,
    );
    ledger.change(invoice.clone(), "invoice.updated", origin);
    let object = Value::Object(invoice);
    ledger.emit(event, object.clone(), origin);
    Ok(object)
}
