//! One delivery, once.

use serde::Serialize;

use crate::state::Shared;
use crate::webhooks::delivery::{Attempt, DeliveryState};
use crate::webhooks::{DeliveryId, sign};

/// What the endpoint said, as the control API reports it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) endpoint_id: String,
    pub(crate) account: String,
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn accepted(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// Posts an event to its endpoint and logs the answer. None: the endpoint is gone or disabled.
/// The state becomes `Delivered` with a 2xx; what else it becomes is the caller's to say.
pub(crate) async fn attempt(
    shared: &Shared,
    id: &DeliveryId,
    otherwise: DeliveryState,
) -> Option<Answer> {
    let (mut answer, body, signature) = prepare(shared, id, otherwise)?;
    let sent = shared
        .webhook_client
        .post(&answer.url)
        .header("Content-Type", "application/json; charset=utf-8")
        .header(
            "User-Agent",
            "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        )
        .header("Stripe-Signature", signature)
        .body(body)
        .send()
        .await;
    match sent {
        Ok(response) => answer.status = Some(response.status().as_u16()),
        Err(error) => answer.error = Some(error.without_url().to_string()),
    }
    let attempt = Attempt {
        created: shared.now(),
        url: answer.url.clone(),
        status: answer.status,
        error: answer.error.clone(),
    };
    let state = if answer.accepted() {
        DeliveryState::Delivered
    } else {
        otherwise
    };
    conclude(shared, id, state, Some(attempt));
    Some(answer)
}

fn prepare(
    shared: &Shared,
    id: &DeliveryId,
    otherwise: DeliveryState,
) -> Option<(Answer, String, String)> {
    let now = shared.now();
    let prepared = {
        let world = shared.world();
        let ledger = world.ledgers.get(&id.ledger)?;
        let delivery = ledger.deliveries.get(id.index)?;
        let event = ledger.events.get(&delivery.event)?;
        let endpoint = ledger
            .webhook_endpoints
            .get(&delivery.endpoint)
            .filter(|endpoint| !endpoint.disabled);
        endpoint.and_then(|endpoint| {
            // Stripe sends two-space indented JSON, which is what serde_json's pretty form is.
            let body =
                serde_json::to_string_pretty(&event.render(ledger.pending_webhooks(event))).ok()?;
            let signature = sign::header(now, &body, &endpoint.secret);
            let answer = Answer {
                event_id: event.id.clone(),
                event_type: event.kind.to_owned(),
                endpoint_id: endpoint.id.clone(),
                account: id.ledger.account_id.clone(),
                url: endpoint.url.clone(),
                status: None,
                error: None,
            };
            Some((answer, body, signature))
        })
    };
    if prepared.is_none() {
        let state = if otherwise == DeliveryState::Pending {
            DeliveryState::Failed
        } else {
            otherwise
        };
        conclude(shared, id, state, None);
    }
    prepared
}

fn conclude(shared: &Shared, id: &DeliveryId, state: DeliveryState, attempt: Option<Attempt>) {
    {
        let mut world = shared.world();
        let ledger = world.ledgers.get_mut(&id.ledger);
        if let Some(delivery) = ledger.and_then(|ledger| ledger.deliveries.get_mut(id.index)) {
            // A duplicate that is refused does not undo the delivery that was accepted.
            if delivery.state != DeliveryState::Delivered {
                delivery.state = state;
            }
            delivery.attempts.extend(attempt);
        }
    }
    shared.delivered.notify_waiters();
}
