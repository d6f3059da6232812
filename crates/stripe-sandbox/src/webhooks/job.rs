//! What the dispatcher has to do next for one delivery.

use super::faults::WebhookFaultKind;
use crate::webhooks::DeliveryId;

/// Attempts for one delivery, until it is accepted or given up.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: DeliveryId,
    /// Attempts so far.
    pub(super) tries: u32,
    /// What is wrong with the next attempt.
    pub(super) spoil: Option<WebhookFaultKind>,
    /// Begins when the next attempt is over; the last one first.
    pub(super) then: Vec<Job>,
}

impl Job {
    pub(super) fn new(id: DeliveryId) -> Self {
        Self {
            id,
            tries: 0,
            spoil: None,
            then: Vec::new(),
        }
    }

    /// One more attempt for the same delivery.
    pub(super) fn copy(id: &DeliveryId) -> Self {
        Self::new(DeliveryId {
            resend: true,
            ..id.clone()
        })
    }

    /// Jobs as one that does them in this order.
    pub(super) fn chain(mut jobs: Vec<Self>) -> Option<Self> {
        jobs.reverse();
        let mut first = jobs.pop()?;
        first.then = jobs;
        Some(first)
    }

    /// What begins now that an attempt is over.
    pub(super) fn next_in_chain(&mut self) -> Option<Self> {
        let mut next = self.then.pop()?;
        next.then = std::mem::take(&mut self.then);
        Some(next)
    }
}
