//! What Stripe's lists of refunds and disputes tell that our records do not.

use db::disputes::Dispute;
use db::payments::Payment;
use db::refunds::Refund;
use domain::incident::Incident;
use domain::returned::{RefundStatus, Returned};
use domain::{Currency, DisputeId, RefundId};
use jiff::Timestamp;
use stripe_http::{disputes, refunds};

use super::Records;

/// Under which name our refunds carry our id at Stripe.
pub const REFUND_ID: &str = "tillgate_refund_id";

/// What is new about a payment's refunds and disputes.
#[derive(Debug, Clone)]
pub struct News {
    /// Our records before Stripe was asked.
    pub(super) known: Records,
    /// Our records as they become.
    pub(super) after: Records,
    /// Refunds that change.
    pub(super) moved: Vec<Moved>,
    /// Refunds that are new here.
    pub(super) found: Vec<Refund>,
    /// Disputes that are new here or change.
    pub(super) told: Vec<Dispute>,
    /// The charge is disputed, and the key may not read how.
    pub(super) hidden_dispute: bool,
}

/// A refund of ours as it was, and what Stripe says.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    pub(super) refund: Refund,
    pub(super) stripe_refund_id: String,
    pub(super) status: RefundStatus,
    pub(super) failure: Option<String>,
}

impl News {
    /// Nothing new.
    pub(super) fn none(known: Records) -> Self {
        Self {
            after: known.clone(),
            known,
            moved: Vec::new(),
            found: Vec::new(),
            told: Vec::new(),
            hidden_dispute: false,
        }
    }

    pub(super) fn of(
        payment: &Payment,
        known: Records,
        refunds: &[refunds::Refund],
        disputes: &[disputes::Dispute],
        hidden_dispute: bool,
    ) -> Self {
        let mut news = Self::none(known);
        news.hidden_dispute = hidden_dispute;
        // Stripe lists the newest first.
        for refund in refunds.iter().rev().filter(|refund| !refund.is_release()) {
            news.take_refund(payment, refund);
        }
        for dispute in disputes.iter().rev() {
            news.take_dispute(payment, dispute);
        }
        news
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.found.is_empty() && self.told.is_empty()
    }

    /// Our records as they become.
    pub const fn after(&self) -> &Records {
        &self.after
    }

    /// Our records as they are.
    pub const fn known(&self) -> &Records {
        &self.known
    }

    /// The sums as they become.
    pub fn returned(&self, payment: &Payment) -> Returned {
        self.after.returned(payment)
    }

    /// Which incidents there must be, and which must not.
    pub(in crate::work) fn incidents(
        &self,
        payment: &Payment,
        captured_minor: i64,
    ) -> Vec<(Incident, bool)> {
        let hidden_dispute = Some(self.hidden_dispute);
        self.after
            .incidents(payment, captured_minor, hidden_dispute)
    }

    fn take_refund(&mut self, payment: &Payment, told: &refunds::Refund) {
        let status = stripe_status(told.status.as_ref());
        let ours = self
            .after
            .refunds
            .iter_mut()
            .find(|refund| is(refund, told));
        if let Some(refund) = ours {
            let is_known = refund.stripe_refund_id.is_some() && refund.status == status;
            if is_known {
                return;
            }
            self.moved.push(Moved {
                refund: refund.clone(),
                stripe_refund_id: told.id.to_string(),
                status,
                failure: told.failure_reason.clone(),
            });
            refund.stripe_refund_id = Some(told.id.to_string());
            refund.status = status;
            return;
        }
        // An amount that our tables do not hold is none that a payment of ours can have had.
        if told.amount <= 0 || currency(&told.currency) != Some(payment.currency) {
            tracing::error!(payment_id = %payment.id, refund = %told.id, "a refund that cannot be of this payment");
            return;
        }
        let refund = Refund {
            id: RefundId::generate(),
            mode: payment.mode,
            payment_id: payment.id,
            order_id: payment.order_id,
            stripe_refund_id: Some(told.id.to_string()),
            amount_minor: told.amount,
            currency: payment.currency,
            reason: told.reason.clone(),
            status,
            actor: "stripe".to_owned(),
            attempts: 0,
            last_error: told.failure_reason.clone(),
            created_at: second(told.created),
        };
        self.after.refunds.push(refund.clone());
        self.found.push(refund);
    }

    fn take_dispute(&mut self, payment: &Payment, told: &disputes::Dispute) {
        let Some(currency) = currency(&told.currency).filter(|_| told.amount >= 0) else {
            tracing::error!(payment_id = %payment.id, dispute = %told.id, "a dispute that cannot be of this payment");
            return;
        };
        let place = (self.after.disputes.iter())
            .position(|dispute| dispute.stripe_dispute_id == told.id.as_str());
        let known = place.and_then(|place| self.after.disputes.get(place));
        let dispute = Dispute {
            id: known.map_or_else(DisputeId::generate, |dispute| dispute.id),
            stripe_dispute_id: told.id.to_string(),
            amount_minor: told.amount,
            currency,
            reason: told.reason.clone(),
            status: told.status.clone(),
            evidence_due_by: told.due_by().map(second),
            opened_at: known.map_or_else(|| second(told.created), |dispute| dispute.opened_at),
        };
        if known == Some(&dispute) {
            return;
        }
        match place.and_then(|place| self.after.disputes.get_mut(place)) {
            Some(known) => *known = dispute.clone(),
            None => self.after.disputes.push(dispute.clone()),
        }
        self.told.push(dispute);
    }
}

/// Whether a refund at Stripe is this one of ours. The metadata is a hint that a merchant can edit: it counts only for one
/// that Stripe was asked for and has not answered.
fn is(refund: &Refund, told: &refunds::Refund) -> bool {
    match &refund.stripe_refund_id {
        Some(id) => id == told.id.as_str(),
        None => {
            refund.amount_minor == told.amount
                && told.metadata.get(REFUND_ID) == Some(refund.id.to_string().as_str())
        }
    }
}

/// Our word for Stripe's status of a refund; one that this version does not know is under way.
pub fn stripe_status(status: Option<&refunds::Status>) -> RefundStatus {
    match status {
        Some(refunds::Status::Succeeded) => RefundStatus::Succeeded,
        Some(refunds::Status::RequiresAction) => RefundStatus::RequiresAction,
        Some(refunds::Status::Failed) => RefundStatus::Failed,
        Some(refunds::Status::Canceled) => RefundStatus::Canceled,
        Some(refunds::Status::Pending | refunds::Status::Unknown(_)) | None => {
            RefundStatus::Pending
        }
    }
}

fn currency(code: &str) -> Option<Currency> {
    code.parse().ok()
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
