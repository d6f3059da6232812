//! The delivery log: one row for each event and endpoint.

use serde::{Deserialize, Serialize};

use crate::objects::Event;
use crate::state::LedgerKey;

/// Where a delivery stands in its ledger.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryId {
    pub(crate) ledger: LedgerKey,
    pub(crate) index: usize,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Serialize)]
pub(crate) struct Delivery {
    #[serde(rename = "event_id")]
    pub(crate) event: String,
    #[serde(rename = "event_type")]
    pub(crate) kind: &'static str,
    #[serde(rename = "endpoint_id")]
    pub(crate) endpoint: String,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: Vec<Attempt>,
}

/// One POST to the endpoint and what came back.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    pub(crate) created: i64,
    pub(crate) url: String,
    /// Null where nothing came back.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Delivery {
    pub(crate) fn new(event: &Event, endpoint: String, state: DeliveryState) -> Self {
        Self {
            event: event.id.clone(),
            kind: event.kind,
            endpoint,
            state,
            attempts: Vec::new(),
        }
    }
}
