//! The rows that the gateway stores, made without it: what the engines' own limits are measured with.

use std::sync::atomic::{AtomicU64, Ordering};

use db::inbox::{EventState, NewEvent, Source};
use domain::{Mode, StoreId};
use gateway::sealing;
use jiff::Timestamp;
use vault::Vault;

use crate::webhook;

/// Makes events of a store that differ in their ids.
pub(crate) struct Rows {
    event: NewEvent,
    next: AtomicU64,
}

impl Rows {
    /// As the gateway would store the samples of [`webhook::events`], for a store of their own.
    pub(crate) fn new(event_type: &str) -> anyhow::Result<Self> {
        let body = webhook::sample(event_type)?;
        let vault = Vault::from_keys(&Vault::generate_key())?;
        let store_id = StoreId::generate();
        let event = NewEvent {
            store_id,
            account_id: "acct_1FAKEbench".to_owned(),
            mode: Mode::Test,
            event_id: String::new(),
            event_type: event_type.to_owned(),
            api_version: Some("2026-02-25.clover".to_owned()),
            object_id: None,
            created_at: Timestamp::from_second(webhook::now_unix_s())?,
            source: Source::Webhook,
            payload: sealing::seal_event(&vault, store_id, "evt_FAKE", body.as_bytes())?,
            state: EventState::Ignored,
            last_error: Some("type_not_handled".to_owned()),
            received_at: Timestamp::from_second(webhook::now_unix_s())?,
        };
        Ok(Self {
            event,
            next: AtomicU64::new(0),
        })
    }

    /// The next one.
    pub(crate) fn next(&self) -> NewEvent {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        NewEvent {
            event_id: format!("evt_FAKElimit{n:012}"),
            ..self.event.clone()
        }
    }

    /// So many at once.
    pub(crate) fn batch(&self, size: usize) -> Vec<NewEvent> {
        (0..size).map(|_| self.next()).collect()
    }
}
