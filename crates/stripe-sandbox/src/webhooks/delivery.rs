//! The delivery log: one row for each event and endpoint.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::objects::Event;
use crate::state::LedgerKey;

/// The newest attempts are kept; Stripe makes eleven at most by itself.
const MAX_ATTEMPTS: usize = 20;

/// Where a delivery stands in its ledger.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryId {
    pub(crate) ledger: LedgerKey,
    pub(crate) index: usize,
    /// A copy, or sent by hand: one attempt that leaves the retries alone.
    pub(crate) resend: bool,
}

/// Whether events go out by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryMode {
    /// At once, with retries, as Stripe does.
    Auto,
    /// Only when a test says so.
    Hold,
}

/// What has become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// Waits for a flush.
    Held,
    /// Is being tried, or will be tried again by itself.
    Pending,
    /// Answered with 2xx.
    Delivered,
    /// Not answered with 2xx, and not tried again by itself.
    Failed,
}

/// One event for one endpoint.
#[derive(Serialize, Deserialize)]
pub(crate) struct Delivery {
    #[serde(rename = "event_id")]
    pub(crate) event: String,
    #[serde(rename = "event_type", deserialize_with = "crate::state::word")]
    pub(crate) kind: crate::state::Word,
    #[serde(rename = "endpoint_id")]
    pub(crate) endpoint: String,
    pub(crate) state: DeliveryState,
    /// Seconds since 1970, by the sandbox's clock when the attempt before it failed.
    pub(crate) next_attempt: Option<i64>,
    pub(crate) attempt_count: u32,
    /// The newest ones, oldest of them first.
    pub(crate) attempts: Vec<Attempt>,
    /// The fault that it has met last: `{id, n, kind}`.
    pub(crate) fault: Option<Value>,
}

/// One POST to the endpoint and what came back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) created: i64,
    pub(crate) url: String,
    /// Null where nothing came back.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    /// How the body of the answer begins.
    pub(crate) response: Option<String>,
}

impl Delivery {
    pub(crate) fn new(event: &Event, endpoint: String, state: DeliveryState) -> Self {
        Self {
            event: event.id.clone(),
            kind: event.kind,
            endpoint,
            state,
            next_attempt: None,
            attempt_count: 0,
            attempts: Vec::new(),
            fault: None,
        }
    }

    pub(super) fn record(&mut self, attempt: Attempt) {
        if self.attempts.len() >= MAX_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(attempt);
        self.attempt_count = self.attempt_count.saturating_add(1);
    }
}
