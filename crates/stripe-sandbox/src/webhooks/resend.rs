//! Sending an event once more: at Stripe a button in the dashboard, and `stripe events resend`.

use crate::state::Ledger;
use crate::webhooks::{Delivery, DeliveryId, DeliveryState};

impl Ledger {
    /// Queues an event for an endpoint, whether or not it went there before. Both must exist.
    pub(crate) fn resend(&mut self, event_id: &str, endpoint_id: &str) {
        let found = self
            .deliveries
            .iter()
            .rposition(|one| one.event == event_id && one.endpoint == endpoint_id);
        let index = found.unwrap_or(self.deliveries.len());
        if found.is_none() {
            let Some(event) = self.events.get(event_id) else {
                return;
            };
            let state = DeliveryState::Failed;
            let delivery = Delivery::new(event, endpoint_id.to_owned(), state);
            self.deliveries.push(delivery);
        }
        let id = DeliveryId {
            ledger: self.key(),
            index,
            resend: true,
        };
        self.queue(id);
    }
}
