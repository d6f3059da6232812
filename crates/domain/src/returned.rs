//! What goes back of a payment: refunds and disputes, and what they make of an order's payment status.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::order::{PaymentStatus, UnknownState, states};

states! {
    /// Where a refund stands.
    RefundStatus {
        /// Written here; Stripe is asked or will be asked.
        Creating = "creating",
        /// Under way.
        Pending = "pending",
        /// The shopper has to say where the money is to go.
        RequiresAction = "requires_action",
        /// Sent.
        Succeeded = "succeeded",
        /// It did not reach the shopper: the money is the merchant's again.
        Failed = "failed",
        /// Taken back before it was sent.
        Canceled = "canceled",
    }
}

impl RefundStatus {
    /// Whether its amount is gone from what can be refunded.
    pub const fn holds(self) -> bool {
        !matches!(self, Self::Failed | Self::Canceled)
    }

    /// Whether Stripe counts its amount as refunded.
    pub const fn is_at_stripe(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Succeeded)
    }
}

/// What Stripe's status of a dispute means for the money (Stripe docs, "How disputes work").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStanding {
    /// The bank only asks, or the dispute was prevented: no money has moved.
    Inquiry,
    /// The bank has taken the money and has not decided.
    Open,
    /// The merchant has the money again.
    Won,
    /// The money is gone.
    Lost,
}

impl DisputeStanding {
    /// From Stripe's word. One that this version does not know moves nothing.
    pub fn of(status: &str) -> Self {
        match status {
            "needs_response" | "under_review" => Self::Open,
            "won" => Self::Won,
            "lost" => Self::Lost,
            _ => Self::Inquiry,
        }
    }
}

/// Whether Stripe's status of a dispute is an end.
pub fn is_dispute_closed(status: &str) -> bool {
    matches!(status, "won" | "lost" | "warning_closed" | "prevented")
}

/// What refunds and disputes have taken of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Returned {
    /// Refunds that Stripe has and that did not fail.
    pub refunded_minor: i64,
    /// Disputes that were lost.
    pub lost_minor: i64,
    /// Whether a bank has taken money and not decided yet.
    pub is_disputed: bool,
    /// Whether a refund failed or a dispute was won: then money that had gone back may be the merchant's again.
    pub has_come_back: bool,
}

impl Returned {
    /// The sum of a payment's refunds and disputes, each with its amount in the payment's currency.
    pub fn of(
        refunds: impl IntoIterator<Item = (RefundStatus, i64)>,
        disputes: impl IntoIterator<Item = (DisputeStanding, i64)>,
    ) -> Self {
        let mut returned = Self::default();
        for (status, amount_minor) in refunds {
            if status.is_at_stripe() {
                returned.refunded_minor = returned.refunded_minor.saturating_add(amount_minor);
            }
            returned.has_come_back |= !status.holds();
        }
        for (standing, amount_minor) in disputes {
            match standing {
                DisputeStanding::Inquiry => {}
                DisputeStanding::Open => returned.is_disputed = true,
                DisputeStanding::Won => returned.has_come_back = true,
                DisputeStanding::Lost => {
                    returned.lost_minor = returned.lost_minor.saturating_add(amount_minor);
                }
            }
        }
        returned
    }

    /// Whether nothing is left of what was captured.
    pub const fn is_whole(&self, captured_minor: i64) -> bool {
        self.refunded_minor.saturating_add(self.lost_minor) >= captured_minor
    }

    /// The payment status of an order whose payment was captured.
    pub const fn status(&self, captured_minor: i64) -> PaymentStatus {
        if self.is_disputed {
            PaymentStatus::Disputed
        } else if self.is_whole(captured_minor) {
            PaymentStatus::Refunded
        } else if self.refunded_minor > 0 || self.lost_minor > 0 {
            PaymentStatus::PartiallyRefunded
        } else {
            PaymentStatus::Paid
        }
    }

    /// Where a captured payment's status moves from `current`; `None` if it stays. It goes back only if money has come back.
    pub fn status_after(
        &self,
        current: PaymentStatus,
        captured_minor: i64,
    ) -> Option<PaymentStatus> {
        let next = self.status(captured_minor);
        let may = current.can_become(next) || (self.has_come_back && current.can_come_back(next));
        (current.was_taken() && may).then_some(next)
    }
}

/// What refunds that failed still owe the shopper: later refunds make up for it. `refunds` are in the order in which they
/// were made.
pub fn owed_minor(refunds: impl IntoIterator<Item = (RefundStatus, i64)>) -> i64 {
    let mut owed: i64 = 0;
    for (status, amount_minor) in refunds {
        if status == RefundStatus::Failed {
            owed = owed.saturating_add(amount_minor);
        } else if status.holds() {
            owed = owed.saturating_sub(amount_minor).max(0);
        }
    }
    owed
}

#[cfg(test)]
mod tests {
    use super::*;
    use PaymentStatus::{Authorized, Disputed, Failed, Paid, PartiallyRefunded, Refunded, Unpaid};

    fn refunds(list: &[(RefundStatus, i64)]) -> Returned {
        Returned::of(list.iter().copied(), [])
    }

    #[test]
    fn p10_what_failed_or_is_not_at_stripe_is_not_refunded() {
        let all = RefundStatus::ALL.iter().map(|&status| (status, 100));
        let returned = Returned::of(all, []);
        assert_eq!(returned.refunded_minor, 300);
        assert!(returned.has_come_back);
    }

    #[test]
    fn a_status_follows_the_money() {
        let lost = |amount| Returned::of([], [(DisputeStanding::Lost, amount)]);
        for (returned, status) in [
            (refunds(&[]), Paid),
            (refunds(&[(RefundStatus::Creating, 1000)]), Paid),
            (refunds(&[(RefundStatus::Pending, 1)]), PartiallyRefunded),
            (refunds(&[(RefundStatus::Succeeded, 1000)]), Refunded),
            (lost(1000), Refunded),
            (lost(999), PartiallyRefunded),
            (
                Returned::of(
                    [(RefundStatus::Succeeded, 1)],
                    [(DisputeStanding::Lost, 999)],
                ),
                Refunded,
            ),
            (
                Returned::of(
                    [(RefundStatus::Succeeded, 1000)],
                    [(DisputeStanding::Open, 1)],
                ),
                Disputed,
            ),
            (Returned::of([], [(DisputeStanding::Won, 1000)]), Paid),
            (Returned::of([], [(DisputeStanding::Inquiry, 1000)]), Paid),
        ] {
            assert_eq!(returned.status(1000), status, "{returned:?}");
        }
    }

    #[test]
    fn money_goes_back_to_the_merchant_only_if_it_came_back() {
        let nothing = refunds(&[]);
        let failed = refunds(&[(RefundStatus::Failed, 1000)]);
        for from in [PartiallyRefunded, Refunded] {
            assert_eq!(nothing.status_after(from, 1000), None, "{from}");
            assert_eq!(failed.status_after(from, 1000), Some(Paid), "{from}");
        }
        let half = refunds(&[(RefundStatus::Failed, 500), (RefundStatus::Succeeded, 500)]);
        assert_eq!(half.status_after(Refunded, 1000), Some(PartiallyRefunded));
        assert_eq!(half.status_after(PartiallyRefunded, 1000), None);
        assert_eq!(failed.status_after(Disputed, 1000), Some(Paid));
    }

    #[test]
    fn what_was_not_taken_cannot_go_back() {
        for current in [Unpaid, Authorized, Failed] {
            for returned in [
                refunds(&[(RefundStatus::Succeeded, 1000)]),
                Returned::of([], [(DisputeStanding::Open, 1000)]),
                refunds(&[]),
            ] {
                assert_eq!(returned.status_after(current, 1000), None, "{current}");
            }
        }
    }

    #[test]
    fn every_word_of_stripes_has_a_standing() {
        for (word, standing, is_closed) in [
            ("warning_needs_response", DisputeStanding::Inquiry, false),
            ("warning_under_review", DisputeStanding::Inquiry, false),
            ("warning_closed", DisputeStanding::Inquiry, true),
            ("prevented", DisputeStanding::Inquiry, true),
            ("needs_response", DisputeStanding::Open, false),
            ("under_review", DisputeStanding::Open, false),
            ("won", DisputeStanding::Won, true),
            ("lost", DisputeStanding::Lost, true),
            ("something_of_2030", DisputeStanding::Inquiry, false),
        ] {
            assert_eq!(DisputeStanding::of(word), standing, "{word}");
            assert_eq!(is_dispute_closed(word), is_closed, "{word}");
        }
    }

    #[test]
    fn a_failed_refund_is_owed_until_a_later_one_makes_up_for_it() {
        use RefundStatus::{Canceled, Creating, Pending, Succeeded};
        let failed = RefundStatus::Failed;
        for (list, owed) in [
            (vec![], 0),
            (vec![(failed, 500)], 500),
            (vec![(Succeeded, 500), (failed, 500)], 500),
            (vec![(failed, 500), (Succeeded, 200)], 300),
            (vec![(failed, 500), (Canceled, 500)], 500),
            (vec![(failed, 500), (Creating, 500)], 0),
            (vec![(failed, 500), (Pending, 900)], 0),
            (vec![(failed, 500), (Succeeded, 900), (failed, 1)], 1),
        ] {
            assert_eq!(owed_minor(list.clone()), owed, "{list:?}");
        }
    }
}
