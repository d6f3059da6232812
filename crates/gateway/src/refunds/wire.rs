//! Refunds and disputes on the wire.

use db::disputes::Dispute;
use db::refunds::Refund;
use domain::returned::RefundStatus;
use domain::{Currency, DisputeId, RefundId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;

/// A refund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundReply {
    #[schema(value_type = words::Id)]
    id: RefundId,
    stripe_refund_id: Option<String>,
    #[schema(value_type = words::Amount)]
    amount: i64,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::RefundStatusWord)]
    status: RefundStatus,
    reason: Option<String>,
    created_at: Timestamp,
}

impl From<Refund> for RefundReply {
    fn from(refund: Refund) -> Self {
        // That Stripe has not answered yet is our own business.
        let status = match refund.status {
            RefundStatus::Creating => RefundStatus::Pending,
            status => status,
        };
        Self {
            id: refund.id,
            stripe_refund_id: refund.stripe_refund_id,
            amount: refund.amount_minor,
            currency: refund.currency,
            status,
            reason: refund.reason,
            created_at: refund.created_at,
        }
    }
}

/// A dispute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeReply {
    #[schema(value_type = words::Id)]
    id: DisputeId,
    stripe_dispute_id: String,
    #[schema(value_type = words::Amount)]
    amount: i64,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    reason: String,
    status: String,
    evidence_due_by: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Dispute> for DisputeReply {
    fn from(dispute: Dispute) -> Self {
        Self {
            id: dispute.id,
            stripe_dispute_id: dispute.stripe_dispute_id,
            amount: dispute.amount_minor,
            currency: dispute.currency,
            reason: dispute.reason,
            status: dispute.status,
            evidence_due_by: dispute.evidence_due_by,
            created_at: dispute.opened_at,
        }
    }
}
