//! Attempts to be paid, and the schedule of the next ones.

use serde_json::Value;

use crate::billing::{DAY, INVOICE, Task, flag, number, owned, payments, set, text};
use crate::payments::{Confirmation, confirm};
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

/// Days between the attempts of automatic collection. Stripe's Smart Retries choose the times by
/// machine learning; this is the fixed schedule that Stripe offers beside them.
const RETRY_DAYS: &[i64] = &[3, 5, 7];

/// One attempt to be paid.
#[derive(Default)]
pub(crate) struct Attempt {
    /// Instead of the default of invoice, subscription or customer.
    pub(crate) payment_method: Option<String>,
    pub(crate) off_session: bool,
    /// Made by the schedule, not by a request.
    pub(crate) automatic: bool,
}

/// Tries to be paid for an open invoice. What becomes of invoice and subscription follows from what
/// becomes of the payment.
pub(crate) fn attempt(
    ledger: &mut Ledger,
    id: &str,
    how: Attempt,
    origin: &Origin,
) -> Result<(), StripeError> {
    let invoice = ledger.documents.find(INVOICE, id)?;
    let method = how
        .payment_method
        .or_else(|| default_payment_method(ledger, invoice));
    let intent = payments::default_payment(ledger, id);
    ledger.billing.collecting = how.automatic.then(|| id.to_owned());
    let result = charge(
        ledger,
        id,
        method,
        intent,
        how.off_session || how.automatic,
        origin,
    );
    ledger.billing.collecting = None;
    result
}

fn charge(
    ledger: &mut Ledger,
    id: &str,
    method: Option<String>,
    intent: Option<String>,
    off_session: bool,
    origin: &Origin,
) -> Result<(), StripeError> {
    let Some(method) = method else {
        super::settle::failed(ledger, id, origin);
        return Err(no_payment_method());
    };
    let Some(intent) = intent else {
        return Err(StripeError::invalid(
            "This invoice has no payment that could be confirmed.",
        ));
    };
    let confirmation = Confirmation {
        payment_method: Some(method),
        off_session,
        waits_for_customer: true,
        ..Confirmation::default()
    };
    confirm(ledger, &intent, confirmation, origin)
}

/// Any attempt counts as the first; afterwards only those of the schedule count.
pub(super) fn count(ledger: &Ledger, invoice: &mut Document) {
    let automatic = ledger.billing.collecting.as_deref() == text(invoice, "id");
    let made = number(invoice, "attempt_count");
    let made = if automatic { made + 1 } else { made.max(1) };
    set(invoice, "attempt_count", made);
    set(invoice, "attempted", true);
}

/// Source: Stripe docs, "Payment method priority".
pub(crate) fn default_payment_method(ledger: &Ledger, invoice: &Document) -> Option<String> {
    let own = text(invoice, "default_payment_method");
    let of_subscription = text(invoice, "parent/subscription_details/subscription")
        .and_then(|id| ledger.documents.get("subscription", id))
        .and_then(|subscription| text(subscription, "default_payment_method"));
    let of_customer = text(invoice, "customer")
        .and_then(|id| ledger.documents.get("customer", id))
        .and_then(|customer| text(customer, "invoice_settings/default_payment_method"));
    own.or(of_subscription).or(of_customer).map(str::to_owned)
}

pub(crate) fn no_payment_method() -> StripeError {
    StripeError::invalid("This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.")
        .code("resource_missing")
}

/// Enters the next attempt for an invoice that was not paid; false where no more will be made.
pub(super) fn retry(ledger: &mut Ledger, invoice: &mut Document, origin: &Origin) -> bool {
    let by_itself = flag(invoice, "auto_advance")
        && text(invoice, "collection_method") == Some("charge_automatically")
        && text(invoice, "status") == Some("open");
    if !by_itself || number(invoice, "next_payment_attempt") > origin.now {
        return true;
    }
    let made = usize::try_from(number(invoice, "attempt_count") - 1).unwrap_or_default();
    let Some(days) = RETRY_DAYS.get(made) else {
        set(invoice, "auto_advance", false);
        set(invoice, "next_payment_attempt", Value::Null);
        return false;
    };
    collect_at(ledger, invoice, origin.now + days * DAY);
    true
}

/// Enters an attempt.
pub(crate) fn collect_at(ledger: &mut Ledger, invoice: &mut Document, time: i64) {
    set(invoice, "next_payment_attempt", time);
    let clock = owned(invoice, "test_clock");
    let invoice = owned(invoice, "id");
    ledger
        .billing
        .agenda
        .enter(&clock, time, Task::Collect { invoice, time });
}
