//! Source: Stripe API reference, "The Balance Transaction object".

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One movement of the account's balance, in the currency of what caused it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) kind: Movement,
    /// Negative where money leaves the balance.
    pub(crate) amount: i64,
    pub(crate) fee: i64,
    pub(crate) currency: String,
    pub(crate) created: i64,
    pub(crate) available_on: i64,
    /// The charge, refund or dispute.
    pub(crate) source: String,
    pub(crate) description: Option<String>,
}

/// Why the balance moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Movement {
    Charge,
    Refund,
    RefundFailure,
    Dispute,
    DisputeReversal,
}

impl Movement {
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Dispute | Self::DisputeReversal => "adjustment",
        }
    }

    const fn reporting_category(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Dispute => "dispute",
            Self::DisputeReversal => "dispute_reversal",
        }
    }

    const fn fee_description(self) -> &'static str {
        match self {
            Self::Dispute | Self::DisputeReversal => "Dispute fee",
            _ => "Stripe processing fees",
        }
    }
}

impl BalanceTransaction {
    pub(crate) fn net(&self) -> i64 {
        self.amount - self.fee
    }

    /// The object at a time: pending until its funds are available.
    pub(crate) fn render(&self, now: i64) -> Value {
        let fee = json!({
            "amount": self.fee,
            "application": null,
            "currency": self.currency,
            "description": self.kind.fee_description(),
            "type": "stripe_fee",
        });
        let fee_details = if self.fee == 0 { vec![] } else { vec![fee] };
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.available_on,
            "balance_type": "payments",
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": fee_details,
            "net": self.net(),
            "reporting_category": self.kind.reporting_category(),
            "source": self.source,
            "status": if self.available_on <= now { "available" } else { "pending" },
            "type": self.kind.kind(),
        })
    }
}
