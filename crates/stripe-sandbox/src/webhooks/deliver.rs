//! One attempt: what is sent, what came back, and what becomes of the delivery.

use std::time::Duration;

use serde::Serialize;

use super::faults::{Subject, WebhookFaultKind};
use super::job::Job;
use super::raw;
use crate::state::Shared;
use crate::webhooks::delivery::{Attempt, DeliveryState};
use crate::webhooks::{DeliveryId, sign};

/// Of an answer's body, enough to see what went wrong.
const MAX_RESPONSE_BYTES: usize = 512;
/// A secret that no endpoint has.
const WRONG_SECRET: &str = "whsec_FAKE_of_somebody_else";

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

/// What is next for a job.
pub(super) enum Outcome {
    Again(Duration),
    Over,
}

/// What came back for one POST.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// What is sent.
pub(super) struct Post {
    pub(super) url: String,
    pub(super) body: String,
    pub(super) signature: String,
}

/// One attempt of a job.
pub(super) async fn work(shared: &Shared, job: &mut Job) -> Outcome {
    let spoil = job.spoil.take();
    let Some((answer, attempt)) = attempt(shared, &job.id, spoil.as_ref()).await else {
        if !job.id.resend {
            conclude(shared, &job.id, Some(DeliveryState::Failed), None, None);
        }
        return Outcome::Over;
    };
    job.tries += 1;
    let refused = !answer.accepted();
    if job.id.resend {
        let state = if refused {
            unless_by_itself(shared, &job.id)
        } else {
            Some(DeliveryState::Delivered)
        };
        conclude(shared, &job.id, state, Some(attempt), None);
        return Outcome::Over;
    }
    let wait = refused
        .then(|| shared.world().webhook_speed)
        .and_then(|speed| speed.wait(job.id.ledger.livemode, job.tries));
    let state = match (refused, wait) {
        (false, _) => DeliveryState::Delivered,
        (true, Some(_)) => DeliveryState::Pending,
        (true, None) => DeliveryState::Failed,
    };
    conclude(shared, &job.id, Some(state), Some(attempt), wait);
    wait.map_or(Outcome::Over, Outcome::Again)
}

/// One attempt that somebody waits for. None: the endpoint is gone or disabled.
pub(crate) async fn deliver_now(shared: &Shared, id: &DeliveryId) -> Option<Answer> {
    let spoil = spoil_by_hand(shared, id);
    let sent = attempt(shared, id, spoil.as_ref()).await;
    let (answer, attempt) = sent.unzip();
    let state = if answer.as_ref().is_some_and(Answer::accepted) {
        Some(DeliveryState::Delivered)
    } else {
        unless_by_itself(shared, id)
    };
    conclude(shared, id, state, attempt, None);
    answer
}

/// Never sent: looks failed.
pub(super) fn give_up(shared: &Shared, id: &DeliveryId) {
    conclude(shared, id, Some(DeliveryState::Failed), None, None);
}

impl Answer {
    fn accepted(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// Stripe docs, "Webhooks": sending an event again by hand does not end the retries that go on by themselves.
fn unless_by_itself(shared: &Shared, id: &DeliveryId) -> Option<DeliveryState> {
    let world = shared.world();
    let delivery = world.ledgers.get(&id.ledger)?.deliveries.get(id.index)?;
    (delivery.state == DeliveryState::Held).then_some(DeliveryState::Failed)
}

fn spoil_by_hand(shared: &Shared, id: &DeliveryId) -> Option<WebhookFaultKind> {
    let mut world = shared.world();
    let world = &mut *world;
    let delivery = world
        .ledgers
        .get_mut(&id.ledger)?
        .deliveries
        .get_mut(id.index)?;
    let subject = Subject {
        account: &id.ledger.account_id,
        endpoint: &delivery.endpoint,
        event_type: delivery.kind,
    };
    let met = world.webhook_faults.meet_by_hand(world.seed, subject)?;
    delivery.fault = Some(met.log());
    Some(met.kind)
}

async fn attempt(
    shared: &Shared,
    id: &DeliveryId,
    spoil: Option<&WebhookFaultKind>,
) -> Option<(Answer, Attempt)> {
    let (mut answer, post) = prepare(shared, id, spoil)?;
    let sent = match spoil {
        Some(WebhookFaultKind::SlowMs(ms)) => {
            let over = Duration::from_millis(u64::from(*ms));
            raw::trickle(&post, over, shared.office.timeout).await
        }
        Some(WebhookFaultKind::Disconnect) => raw::cut(&post, shared.office.timeout).await,
        _ => send(shared, post).await,
    };
    let mut response = None;
    match sent {
        Ok(reply) => {
            answer.status = Some(reply.status);
            response = Some(String::from_utf8_lossy(&reply.body).into_owned());
        }
        Err(error) => answer.error = Some(error),
    }
    let attempt = Attempt {
        created: shared.now(),
        url: answer.url.clone(),
        status: answer.status,
        error: answer.error.clone(),
        response,
    };
    Some((answer, attempt))
}

fn prepare(
    shared: &Shared,
    id: &DeliveryId,
    spoil: Option<&WebhookFaultKind>,
) -> Option<(Answer, Post)> {
    let now = shared.now();
    let world = shared.world();
    let ledger = world.ledgers.get(&id.ledger)?;
    let delivery = ledger.deliveries.get(id.index)?;
    let event = ledger.events.get(&delivery.event)?;
    let endpoint = ledger.webhook_endpoints.get(&delivery.endpoint)?;
    if endpoint.disabled {
        return None;
    }
    // Stripe sends two-space indented JSON, which is what serde_json's pretty form is.
    let body = serde_json::to_string_pretty(&event.render(ledger.pending_webhooks(event))).ok()?;
    let secret = match spoil {
        Some(WebhookFaultKind::WrongSignature) => WRONG_SECRET,
        _ => &endpoint.secret,
    };
    let post = Post {
        url: endpoint.url.clone(),
        signature: sign::header(now, &body, secret),
        body,
    };
    let answer = Answer {
        event_id: event.id.clone(),
        event_type: event.kind.to_owned(),
        endpoint_id: endpoint.id.clone(),
        account: id.ledger.account_id.clone(),
        url: endpoint.url.clone(),
        status: None,
        error: None,
    };
    Some((answer, post))
}

async fn send(shared: &Shared, post: Post) -> Result<Reply, String> {
    let words = |error: reqwest::Error| error.without_url().to_string();
    let mut response = shared
        .office
        .client
        .post(&post.url)
        .header("Content-Type", raw::CONTENT_TYPE)
        .header("User-Agent", raw::USER_AGENT)
        .header("Stripe-Signature", post.signature)
        .body(post.body)
        .send()
        .await
        .map_err(words)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // An answer whose body breaks off is an answer.
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= MAX_RESPONSE_BYTES {
            body.truncate(MAX_RESPONSE_BYTES);
            break;
        }
    }
    Ok(Reply { status, body })
}

/// Writes down what happened. No state: it stays what it is.
fn conclude(
    shared: &Shared,
    id: &DeliveryId,
    state: Option<DeliveryState>,
    attempt: Option<Attempt>,
    wait: Option<Duration>,
) {
    let now = shared.now();
    let mut world = shared.world();
    let ledger = world.ledgers.get_mut(&id.ledger);
    let Some(delivery) = ledger.and_then(|ledger| ledger.deliveries.get_mut(id.index)) else {
        return;
    };
    // A duplicate that is refused does not undo the delivery that was accepted.
    if let Some(state) = state.filter(|_| delivery.state != DeliveryState::Delivered) {
        delivery.state = state;
    }
    if !id.resend {
        let seconds = |wait: Duration| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        delivery.next_attempt = wait.map(|wait| now.saturating_add(seconds(wait)));
    }
    if let Some(attempt) = attempt {
        delivery.record(attempt);
    }
}
