//! Things that a person must look at. Each has a name that logs, the API (`attention`) and the docs share.

use crate::order::UnknownState;

/// What went wrong, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Incident {
    /// Stripe received another amount than the order's total.
    AmountMismatch,
    /// Stripe charged in another currency than the order's.
    CurrencyMismatch,
    /// The `PaymentIntent` lives in another mode than the order.
    ModeMismatch,
    /// The store's keys belong to another account than the one that took the payment.
    AccountMismatch,
    /// The `PaymentIntent` does not name this order of this store.
    PaymentMismatch,
    /// Money arrived for an order that had been cancelled.
    PaidAfterCancel,
    /// Stripe says that the `PaymentIntent` does not exist.
    PaymentMissing,
    /// An event about the payment was given up after its last attempt.
    EventParked,
    /// The money that is held for an order could not be taken.
    CaptureFailed,
    /// The hold on the card ends soon.
    AuthorizationExpiring,
    /// The hold on the card has ended before the money was taken.
    AuthorizationExpired,
    /// The order was cancelled and its money kept.
    CancelledButPaid,
    /// The order is paid, but its stock is gone.
    Unfulfillable,
    /// A refund did not reach the customer.
    RefundFailed,
    /// The cardholder disputes the payment.
    Disputed,
}

impl Incident {
    /// Every incident.
    pub const ALL: [Self; 15] = [
        Self::AmountMismatch,
        Self::CurrencyMismatch,
        Self::ModeMismatch,
        Self::AccountMismatch,
        Self::PaymentMismatch,
        Self::PaidAfterCancel,
        Self::PaymentMissing,
        Self::EventParked,
        Self::CaptureFailed,
        Self::AuthorizationExpiring,
        Self::AuthorizationExpired,
        Self::CancelledButPaid,
        Self::Unfulfillable,
        Self::RefundFailed,
        Self::Disputed,
    ];

    /// The name in logs and in the API's `attention`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AmountMismatch => "amount_mismatch",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::ModeMismatch => "mode_mismatch",
            Self::AccountMismatch => "account_mismatch",
            Self::PaymentMismatch => "payment_mismatch",
            Self::PaidAfterCancel => "paid_after_cancel",
            Self::PaymentMissing => "payment_missing",
            Self::EventParked => "event_parked",
            Self::CaptureFailed => "capture_failed",
            Self::AuthorizationExpiring => "authorization_expiring",
            Self::AuthorizationExpired => "authorization_expired",
            Self::CancelledButPaid => "cancelled_but_paid",
            Self::Unfulfillable => "unfulfillable",
            Self::RefundFailed => "refund_failed",
            Self::Disputed => "disputed",
        }
    }

    /// What a merchant should do, in plain words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::AmountMismatch => {
                "The amount that Stripe received differs from the order's total, so the order was not marked paid. Look at the payment in Stripe, then refund what was taken, or cancel the order."
            }
            Self::CurrencyMismatch => {
                "The payment was made in another currency than the order's. Check the payment in Stripe and refund it if it is wrong."
            }
            Self::ModeMismatch => {
                "A test payment was offered for a live order, or the other way round. The order was not marked paid."
            }
            Self::AccountMismatch => {
                "The store's keys belong to another Stripe account than the one that took this payment. Reconnect the account that took it."
            }
            Self::PaymentMismatch => {
                "The payment at Stripe does not name this order. Check the payment in Stripe before you ship anything."
            }
            Self::PaidAfterCancel => {
                "The order was cancelled, but the customer's payment arrived all the same. Refund it in Stripe, or make a new order."
            }
            Self::PaymentMissing => {
                "Stripe does not know this payment. Check that the store is connected with the keys of the account that took it."
            }
            Self::EventParked => {
                "News from Stripe about this payment could not be worked through, after many tries. Look at the event's error, then replay the event."
            }
            Self::CaptureFailed => {
                "The money that the customer's card holds for this order could not be taken. It is tried again; look at the payment in Stripe if this stays."
            }
            Self::AuthorizationExpiring => {
                "The hold on the customer's card ends soon (`capture_before`). Capture the payment before that, or cancel the order."
            }
            Self::AuthorizationExpired => {
                "The hold on the customer's card has ended and nothing was taken. Ask the customer to pay again, or cancel the order."
            }
            Self::CancelledButPaid => {
                "The order was cancelled, but its payment was kept. Refund it if the customer is to have the money back."
            }
            Self::Unfulfillable => {
                "The order is paid, but what was ordered is sold out. Restock the products, or refund the payment."
            }
            Self::RefundFailed => {
                "A refund failed at Stripe, and its money is in your Stripe balance again. Send it to the customer in another way, or try another refund."
            }
            Self::Disputed => {
                "The customer's bank disputes this payment. Answer in Stripe's dashboard before the evidence is due; without an answer the money is lost."
            }
        }
    }

    /// From its stored name.
    pub fn from_code(code: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|incident| incident.code() == code)
            .ok_or(UnknownState)
    }
}
