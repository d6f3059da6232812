//! The life of an order and of its payment. States only move forward; this is the only place that decides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A state word that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown state")]
pub struct UnknownState;

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every state, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(text: &str) -> Result<Self, UnknownState> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownState) }
            }
        }
    };
}

pub(crate) use states;

states! {
    /// Where an order stands: `pending → confirmed → shipped → completed`, `pending|confirmed → cancelled`.
    OrderStatus {
        /// Placed, not yet paid.
        Pending = "pending",
        /// Paid, authorised or accepted: the merchant can fulfil it.
        Confirmed = "confirmed",
        /// On its way.
        Shipped = "shipped",
        /// Done.
        Completed = "completed",
        /// Will not be fulfilled.
        Cancelled = "cancelled",
    }
}

impl OrderStatus {
    /// Whether an order may be moved from here to `next`: forward only, and steps may be left out. What was shipped
    /// cannot be cancelled any more.
    pub const fn can_become(self, next: Self) -> bool {
        use OrderStatus::{Cancelled, Completed, Confirmed, Pending, Shipped};
        matches!(
            (self, next),
            (Pending, Confirmed | Shipped | Completed | Cancelled)
                | (Confirmed, Shipped | Completed | Cancelled)
                | (Shipped, Completed)
        )
    }
}

states! {
    /// Where an order's money stands.
    PaymentStatus {
        /// Nothing was taken.
        Unpaid = "unpaid",
        /// Held on the card, not captured.
        Authorized = "authorized",
        /// Captured.
        Paid = "paid",
        /// The last attempt failed; it may be tried again.
        Failed = "failed",
        /// Part of it went back.
        PartiallyRefunded = "partially_refunded",
        /// All of it went back.
        Refunded = "refunded",
        /// The cardholder disputes it.
        Disputed = "disputed",
    }
}

impl PaymentStatus {
    /// Whether the money may move from here to `next`. Everything else is an old event that arrived late, or one of
    /// [`Self::can_come_back`].
    pub const fn can_become(self, next: Self) -> bool {
        use PaymentStatus::{
            Authorized, Disputed, Failed, Paid, PartiallyRefunded, Refunded, Unpaid,
        };
        matches!(
            (self, next),
            (Unpaid | Failed, Authorized | Paid)
                | (Unpaid, Failed)
                | (Authorized, Paid | Unpaid)
                | (Paid, PartiallyRefunded | Refunded | Disputed)
                | (PartiallyRefunded, Refunded | Disputed)
                | (Refunded, Disputed)
                | (Disputed, Paid | PartiallyRefunded | Refunded)
        )
    }

    /// Whether money that had gone back may be the merchant's again: only where a refund failed or a dispute was won.
    pub const fn can_come_back(self, next: Self) -> bool {
        use PaymentStatus::{Paid, PartiallyRefunded, Refunded};
        matches!(
            (self, next),
            (PartiallyRefunded, Paid) | (Refunded, PartiallyRefunded | Paid)
        )
    }

    /// Whether the money was taken, whatever became of it since.
    pub const fn was_taken(self) -> bool {
        matches!(
            self,
            Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::Disputed
        )
    }

    /// Whether a shopper can still pay an order in this state.
    pub const fn is_payable(self) -> bool {
        matches!(self, Self::Unpaid | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_never_undoes_money() {
        for &state in PaymentStatus::ALL {
            assert_eq!(
                state.can_become(PaymentStatus::Failed),
                state == PaymentStatus::Unpaid,
                "{state}"
            );
        }
    }

    #[test]
    fn paid_never_becomes_unpaid_again() {
        use PaymentStatus::{
            Authorized, Disputed, Failed, Paid, PartiallyRefunded, Refunded, Unpaid,
        };
        for settled in [Paid, PartiallyRefunded, Refunded, Disputed] {
            for open in [Unpaid, Authorized, Failed] {
                assert!(!settled.can_become(open), "{settled} → {open}");
            }
        }
    }

    #[test]
    fn an_order_only_moves_forward() {
        for &state in OrderStatus::ALL {
            assert!(!state.can_become(state), "{state}");
            for &next in OrderStatus::ALL {
                let both_ways = state.can_become(next) && next.can_become(state);
                assert!(!both_ways, "{state} and {next}");
            }
        }
        let ends = [OrderStatus::Completed, OrderStatus::Cancelled];
        assert!(
            ends.iter()
                .all(|end| OrderStatus::ALL.iter().all(|&next| !end.can_become(next)))
        );
    }

    #[test]
    fn words_round_trip() {
        for &state in OrderStatus::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for &state in PaymentStatus::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}

#[cfg(test)]
#[path = "order_tables.rs"]
mod tables;
