//! The payments of an invoice: which PaymentIntent is to pay it, and what has paid it.
//! Source: Stripe API reference, "The Invoice Payment object".

use serde_json::{Map, Value, json};

use crate::billing::{number, owned, set, text};
use crate::ids;
use crate::objects::{PaymentIntent, Status};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

const INVOICE_PAYMENT: &str = "invoice_payment";

/// Makes the PaymentIntent of an invoice that was finalized.
pub(super) fn open(ledger: &mut Ledger, invoice: &Document, origin: &Origin) {
    let subscription = text(invoice, "parent/subscription_details/subscription")
        .and_then(|id| ledger.documents.get("subscription", id));
    let saves = subscription.is_some_and(|subscription| {
        text(subscription, "payment_settings/save_default_payment_method")
            == Some("on_subscription")
    });
    let first = text(invoice, "billing_reason") == Some("subscription_create");
    let mut echoed = Map::new();
    let description = match text(invoice, "billing_reason") {
        Some("subscription_create") => "Subscription creation",
        Some("subscription_update" | "subscription_cycle") => "Subscription update",
        _ => "Payment for Invoice",
    };
    echoed.insert("description".to_owned(), Value::from(description));
    if saves || first {
        echoed.insert("setup_future_usage".to_owned(), Value::from("off_session"));
    }
    let (amount, currency) = (number(invoice, "amount_due"), owned(invoice, "currency"));
    let mut intent = PaymentIntent::new(amount, &currency, ledger.livemode, origin.now);
    intent.customer = text(invoice, "customer").map(str::to_owned);
    intent.echoed = echoed;
    let id = crate::payments::open(ledger, intent, origin);
    attach(ledger, invoice, &id, amount, origin);
}

/// Lets a PaymentIntent pay an amount of the invoice.
pub(crate) fn attach(
    ledger: &mut Ledger,
    invoice: &Document,
    intent: &str,
    amount: i64,
    origin: &Origin,
) {
    let invoice_id = owned(invoice, "id");
    let is_default = default_payment(ledger, &invoice_id).is_none();
    let mut payment = ledger.blank(INVOICE_PAYMENT, ids::object("inpay"), origin.now);
    let fields = json!({
        "amount_requested": amount,
        "currency": invoice.get("currency"),
        "invoice": invoice_id,
        "is_default": is_default,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status": "open",
        "status_transitions": {},
    });
    if let Value::Object(fields) = fields {
        payment.extend(fields);
    }
    ledger.documents.insert(payment);
    ledger
        .billing
        .invoice_of
        .insert(intent.to_owned(), invoice_id);
}

/// The invoice that a PaymentIntent is to pay.
pub(crate) fn invoice_of(ledger: &Ledger, intent: &str) -> Option<String> {
    ledger.billing.invoice_of.get(intent).cloned()
}

/// The PaymentIntent that Stripe made for an invoice.
pub(super) fn default_payment(ledger: &Ledger, invoice: &str) -> Option<String> {
    let payments = payments_of(ledger, invoice);
    let default = payments
        .into_iter()
        .find(|payment| super::flag(payment, "is_default"))?;
    text(default, "payment/payment_intent").map(str::to_owned)
}

/// Whether Stripe made the PaymentIntent for an invoice: such a one "can't be edited or canceled
/// directly". Source: Stripe API reference, "The Invoice Payment object", `is_default`.
pub(crate) fn made_for_invoice(ledger: &Ledger, intent: &str) -> bool {
    let invoice = invoice_of(ledger, intent);
    let default = invoice.and_then(|invoice| default_payment(ledger, &invoice));
    default.as_deref() == Some(intent)
}

/// Whether the PaymentIntent has not been credited to its invoice yet.
pub(super) fn is_open(ledger: &Ledger, invoice: &str, intent: &str) -> bool {
    let payments = payments_of(ledger, invoice);
    payments.into_iter().any(|payment| {
        text(payment, "payment/payment_intent") == Some(intent)
            && text(payment, "status") == Some("open")
    })
}

/// Keeps the PaymentIntent that Stripe made in step with what remains to be paid.
pub(super) fn synchronize(ledger: &mut Ledger, invoice: &Document) {
    let (id, remaining) = (owned(invoice, "id"), number(invoice, "amount_remaining"));
    let payments = payments_of(ledger, &id).into_iter();
    let default = payments
        .filter(|payment| super::flag(payment, "is_default"))
        .find(|payment| text(payment, "status") == Some("open"));
    let Some(mut payment) = default.cloned() else {
        return;
    };
    let intent = owned(&payment, "payment/payment_intent");
    let Some(intent) = ledger.payment_intents.get_mut(&intent) else {
        return;
    };
    // One that holds money or waits for its bank stays what it was made for.
    if matches!(
        intent.status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation
    ) {
        intent.amount = remaining;
        set(&mut payment, "amount_requested", remaining);
        ledger.documents.insert(payment);
    }
}

/// The payments of an invoice, oldest first.
pub(crate) fn payments_of<'a>(ledger: &'a Ledger, invoice: &str) -> Vec<&'a Document> {
    let all = ledger.documents.all(INVOICE_PAYMENT);
    all.filter(|payment| text(payment, "invoice") == Some(invoice))
        .collect()
}

/// Writes down that a PaymentIntent has paid its invoice.
pub(super) fn record(ledger: &mut Ledger, intent: &str, amount: i64, origin: &Origin) {
    let all = ledger.documents.all(INVOICE_PAYMENT);
    let found = all
        .rev()
        .find(|payment| text(payment, "payment/payment_intent") == Some(intent));
    let Some(mut payment) = found.cloned() else {
        return;
    };
    set(&mut payment, "amount_paid", amount);
    set(&mut payment, "status", "paid");
    set(&mut payment, "status_transitions/paid_at", origin.now);
    ledger.documents.insert(payment.clone());
    ledger.emit("invoice_payment.paid", Value::Object(payment), origin);
}

/// Cancels what would still pay an invoice.
pub(super) fn cancel(ledger: &mut Ledger, invoice: &str, reason: &str, origin: &Origin) {
    cancel_where(ledger, invoice, reason, origin, |_| true);
}

/// Cancels the PaymentIntent that Stripe made, where another has paid the invoice.
pub(super) fn cancel_default(ledger: &mut Ledger, invoice: &str, paid_by: &str, origin: &Origin) {
    cancel_where(ledger, invoice, "automatic", origin, |payment| {
        super::flag(payment, "is_default")
            && text(payment, "payment/payment_intent") != Some(paid_by)
    });
}

fn cancel_where(
    ledger: &mut Ledger,
    invoice: &str,
    reason: &str,
    origin: &Origin,
    chosen: impl Fn(&Document) -> bool,
) {
    let open: Vec<Document> = payments_of(ledger, invoice)
        .into_iter()
        .filter(|payment| text(payment, "status") == Some("open") && chosen(payment))
        .cloned()
        .collect();
    for mut payment in open {
        let intent = owned(&payment, "payment/payment_intent");
        // One that has ended already stays as it is.
        let _ = crate::payments::cancel(ledger, &intent, Some(reason.to_owned()), origin);
        set(&mut payment, "status", "canceled");
        set(&mut payment, "status_transitions/canceled_at", origin.now);
        ledger.documents.insert(payment);
    }
}

/// The lists and secrets of an invoice that are answered only where they are expanded.
pub(crate) fn included(ledger: &Ledger, invoice: &str, field: &str) -> Option<Value> {
    match field {
        "payments" => {
            let data = payments_of(ledger, invoice);
            let url = format!("/v1/invoice_payments?invoice={invoice}");
            Some(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
        }
        "confirmation_secret" => {
            let intent = default_payment(ledger, invoice)?;
            let secret = &ledger.payment_intents.get(&intent)?.client_secret;
            Some(json!({ "client_secret": secret, "type": "payment_intent" }))
        }
        _ => None,
    }
}
