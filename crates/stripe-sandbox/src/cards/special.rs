//! What some test cards do beyond being charged: checks, risk, disputes, refunds, the balance.
//! Source: Stripe docs, "Testing": "Fraud prevention", "Disputes", "Refunds", "Available balance",
//! "3D Secure authentication".

use super::TestCard;

/// What a cardholder or the network does after a successful charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aftermath {
    Dispute(&'static str),
    /// Two disputes, one after the other.
    SeveralDisputes,
    /// The bank asks before it takes the money back.
    Inquiry,
    /// The network suspects fraud; no money moves.
    FraudWarning,
}

/// How a refund to the card goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundCourse {
    Succeeds,
    PendingThenSucceeds,
    SucceedsThenFails,
}

/// Radar's view of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Risk {
    Normal,
    Elevated,
    Highest,
}

/// What asking for 3-D Secure leads to where the card does not insist on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionalChallenge {
    Challenge,
    NotEnrolled,
    NotSupported,
    Error,
}

impl TestCard {
    pub(crate) fn aftermath(&self) -> Option<Aftermath> {
        match self.number {
            "4000000000000259" => Some(Aftermath::Dispute("fraudulent")),
            "4000000000002685" => Some(Aftermath::Dispute("product_not_received")),
            "4000000000001976" => Some(Aftermath::Inquiry),
            "4000000000005423" => Some(Aftermath::FraudWarning),
            "4000000404000079" => Some(Aftermath::SeveralDisputes),
            _ => None,
        }
    }

    pub(crate) fn refund_course(&self) -> RefundCourse {
        match self.number {
            "4000000000007726" => RefundCourse::PendingThenSucceeds,
            "4000000000005126" => RefundCourse::SucceedsThenFails,
            _ => RefundCourse::Succeeds,
        }
    }

    pub(crate) fn risk(&self) -> Risk {
        match self.number {
            "4000000000009235" => Risk::Elevated,
            "4000000000004954" | "4100000000000019" => Risk::Highest,
            _ => Risk::Normal,
        }
    }

    /// Whether a charge skips the pending balance.
    pub(crate) fn bypasses_pending(&self) -> bool {
        self.number == "4000000000000077"
    }

    /// The answer to a challenge that was asked for, not needed.
    pub(crate) fn optional_challenge(&self) -> OptionalChallenge {
        match (self.number, self.brand) {
            ("4000000000003055", _) => OptionalChallenge::Challenge,
            ("4000000000003097", _) => OptionalChallenge::Error,
            (_, "amex") => OptionalChallenge::NotSupported,
            _ => OptionalChallenge::NotEnrolled,
        }
    }

    /// Off-session payments need no challenge after one was passed to set the card up.
    pub(crate) fn remembers_set_up(&self) -> bool {
        self.number == "4000002500003155"
    }

    /// It can be saved, and fails when it is charged.
    pub(crate) fn declines_only_charges(&self) -> bool {
        self.number == "4000000000000341"
    }

    pub(crate) fn cvc_check(&self) -> &'static str {
        match self.number {
            "4000000000000101" => "fail",
            _ => "pass",
        }
    }

    pub(crate) fn line1_check(&self) -> &'static str {
        match self.number {
            "4000000000000028" | "4000000000000010" => "fail",
            "4000000000000044" => "unavailable",
            _ => "pass",
        }
    }

    pub(crate) fn postal_code_check(&self) -> &'static str {
        match self.number {
            "4000000000000036" | "4000000000000010" => "fail",
            "4000000000000044" => "unavailable",
            _ => "pass",
        }
    }
}
