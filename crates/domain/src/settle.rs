//! Decides what a freshly read `PaymentIntent` means for its order.
//!
//! The webhook and the shopper's return both end here, in any order and any number of times. An order becomes paid
//! only if store, account, mode, `PaymentIntent`, amount, currency and status agree; each mismatch has a name and
//! changes nothing.

use crate::incident::Incident;
use crate::order::{OrderStatus, PaymentStatus};
use crate::returned::Returned;
use crate::{Currency, Mode, Money, OrderId, StoreId};

/// What our own records say.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The store whose route or session asked.
    pub store_id: StoreId,
    /// The order that the `PaymentIntent` was created for.
    pub order_id: OrderId,
    /// The mode it was created in.
    pub mode: Mode,
    /// The Stripe account that it was created with.
    pub account_id: String,
    /// The id that Stripe gave it.
    pub payment_intent_id: String,
    /// The order's total.
    pub amount: Money,
    /// Where the order stands.
    pub order_status: OrderStatus,
    /// Where its money stands.
    pub payment_status: PaymentStatus,
}

/// What Stripe said just now, read with the store's own key.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The account whose key read it.
    pub account_id: String,
    /// Stripe's `id`.
    pub payment_intent_id: String,
    /// Stripe's `livemode`.
    pub mode: Mode,
    /// Stripe's `status`.
    pub status: IntentStatus,
    /// Stripe's `amount`: what was to be paid.
    pub amount_minor: i64,
    /// Whether the money is held first and captured by a call of its own (Stripe's `capture_method` is `manual`).
    pub is_held_first: bool,
    /// Stripe's `amount_received`: what was really captured.
    pub amount_received_minor: i64,
    /// Stripe's `amount_capturable`.
    pub amount_capturable_minor: i64,
    /// Stripe's `currency`; `None` where it is not one that we know.
    pub currency: Option<Currency>,
    /// `metadata.tillgate_store_id`.
    pub metadata_store_id: Option<String>,
    /// `metadata.tillgate_order_id`.
    pub metadata_order_id: Option<String>,
    /// Whether `last_payment_error` is set.
    pub has_payment_error: bool,
    /// What refunds and disputes have taken of it again.
    pub returned: Returned,
}

/// Stripe's `PaymentIntent` statuses, as far as they matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// `requires_payment_method`, `requires_confirmation`, `requires_action`: the shopper has to do something.
    AwaitsShopper,
    /// `processing`: Stripe or a bank has to do something. Also any status that this version does not know.
    AwaitsStripe,
    /// `requires_capture`.
    RequiresCapture,
    /// `canceled`.
    Canceled,
    /// `succeeded`.
    Succeeded,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The order is paid: confirm it, once.
    MarkPaid,
    /// The amount is held on the card: confirm the order, capture later.
    MarkAuthorized,
    /// The attempt failed; the order stays payable.
    MarkFailed,
    /// The authorisation is gone; nothing was taken.
    MarkUnpaid,
    /// The order was paid, and its money has gone back, is disputed, or has come back to the merchant since.
    Follow(PaymentStatus),
    /// Nothing that we do not know already, or nothing decided yet at Stripe.
    Unchanged,
    /// Records disagree: change nothing, tell a person.
    Report(Incident),
}

/// The one rule by which an order's payment state follows Stripe.
pub fn decide(expected: &Expected, observed: &Observed) -> Decision {
    if let Some(incident) = identity_mismatch(expected, observed) {
        return Decision::Report(incident);
    }
    match observed.status {
        IntentStatus::Succeeded => {
            let total_minor = expected.amount.amount_minor();
            let is_expected = observed.amount_received_minor == total_minor
                || is_partial_capture(observed, total_minor);
            received(expected, is_expected, observed, PaymentStatus::Paid)
        }
        IntentStatus::RequiresCapture => {
            let is_expected = observed.amount_capturable_minor == expected.amount.amount_minor();
            received(expected, is_expected, observed, PaymentStatus::Authorized)
        }
        IntentStatus::Canceled if expected.payment_status == PaymentStatus::Authorized => {
            Decision::MarkUnpaid
        }
        IntentStatus::AwaitsShopper if observed.has_payment_error => {
            if expected.payment_status.can_become(PaymentStatus::Failed) {
                Decision::MarkFailed
            } else {
                Decision::Unchanged
            }
        }
        IntentStatus::Canceled | IntentStatus::AwaitsShopper | IntentStatus::AwaitsStripe => {
            Decision::Unchanged
        }
    }
}

fn identity_mismatch(expected: &Expected, observed: &Observed) -> Option<Incident> {
    // Metadata is a hint that a merchant can edit: its absence proves nothing, another name is a contradiction.
    let contradicts =
        |metadata: Option<&String>, id: String| metadata.is_some_and(|text| *text != id);
    if observed.mode != expected.mode {
        Some(Incident::ModeMismatch)
    } else if observed.account_id != expected.account_id {
        Some(Incident::AccountMismatch)
    } else if observed.payment_intent_id != expected.payment_intent_id
        || contradicts(
            observed.metadata_store_id.as_ref(),
            expected.store_id.to_string(),
        )
        || contradicts(
            observed.metadata_order_id.as_ref(),
            expected.order_id.to_string(),
        )
    {
        Some(Incident::PaymentMismatch)
    } else {
        None
    }
}

/// Whether the total was held, and the merchant took a part of it: through us or in Stripe's dashboard. What is not taken
/// then is given free (Stripe docs, "Place a hold on a payment method").
fn is_partial_capture(observed: &Observed, total_minor: i64) -> bool {
    observed.is_held_first
        && observed.amount_minor == total_minor
        && (1..total_minor).contains(&observed.amount_received_minor)
}

fn received(
    expected: &Expected,
    is_expected: bool,
    observed: &Observed,
    next: PaymentStatus,
) -> Decision {
    if observed.currency != Some(expected.amount.currency()) {
        return Decision::Report(Incident::CurrencyMismatch);
    }
    let captured_minor = observed.amount_received_minor;
    if !is_expected {
        let is_settled = captured_minor > 0 && observed.returned.is_whole(captured_minor);
        if next == PaymentStatus::Paid && is_settled {
            // A person was told, and has sent it back.
            return Decision::Unchanged;
        }
        return Decision::Report(Incident::AmountMismatch);
    }
    let current = expected.payment_status;
    if current.was_taken() {
        if next != PaymentStatus::Paid {
            // Nothing goes back of what Stripe only holds.
            return Decision::Unchanged;
        }
        let followed = observed.returned.status_after(current, captured_minor);
        return followed.map_or(Decision::Unchanged, Decision::Follow);
    }
    if !current.can_become(next) {
        return Decision::Unchanged;
    }
    if expected.order_status == OrderStatus::Cancelled {
        // A person was told, and has sent it back.
        if next == PaymentStatus::Paid && observed.returned.is_whole(captured_minor) {
            return Decision::Unchanged;
        }
        return Decision::Report(Incident::PaidAfterCancel);
    }
    if next == PaymentStatus::Paid {
        Decision::MarkPaid
    } else {
        Decision::MarkAuthorized
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
