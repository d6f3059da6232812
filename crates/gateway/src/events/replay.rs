//! Replaying: chosen events become due again.

use std::collections::BTreeSet;

use db::Conn;
use db::inbox::{self, EventFilter, EventState, EventSummary, Position};
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::filter::{self, EventId};
use crate::app::App;
use crate::error::ApiError;
use crate::work::parked;

/// Events in one call.
pub const MAX_EVENTS: i64 = 1000;
/// Events in one transaction: webhooks wait behind it on `SQLite`.
const BATCH: usize = 100;

/// Events to replay, oldest first.
pub struct Chosen {
    /// The events.
    pub events: Vec<EventSummary>,
    /// Whether more fit behind the last one.
    pub has_more: bool,
}

impl Chosen {
    /// The id after which the next call goes on.
    pub fn next(&self) -> Option<&str> {
        let last = self.events.last().filter(|_| self.has_more);
        last.map(|event| event.event_id.as_str())
    }
}

/// The oldest events that fit, behind `after`, at most `limit`.
pub async fn choose(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    filter: &EventFilter,
    after: Option<&EventId>,
    limit: i64,
) -> Result<Chosen, ApiError> {
    let mut conn = app.db.read().await?;
    let place = match after {
        Some(id) => Some(
            inbox::find(&mut conn, store_id, mode, id.as_str())
                .await?
                .map(|event| Position {
                    received_at: event.received_at,
                    event_id: event.event_id,
                })
                .ok_or_else(|| filter::unknown_cursor("starting_after"))?,
        ),
        None => None,
    };
    let mut events =
        inbox::list_after(&mut conn, store_id, mode, filter, place.as_ref(), limit + 1).await?;
    let has_more = events.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        events.pop();
    }
    Ok(Chosen { events, has_more })
}

/// Whether working on the event may change anything: one of another mode or account than the connection that it came
/// through never may, and stays as it is.
pub fn has_effect(event: &EventSummary) -> bool {
    let contradicts = matches!(
        event.last_error.as_deref(),
        Some("mode_mismatch" | "other_account")
    );
    !(contradicts && event.state == EventState::Ignored.as_str())
}

/// Makes events due again and wakes the worker. Gives those that are; the others are being worked on right now.
pub async fn replay(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    actor: &str,
    events: Vec<EventSummary>,
) -> Result<Vec<EventSummary>, ApiError> {
    let mut done = Vec::with_capacity(events.len());
    for batch in events.chunks(BATCH) {
        let now = app.now();
        let mut tx = app.db.begin().await?;
        for event in batch {
            if replay_one(&mut tx, store_id, mode, actor, event, now).await? {
                done.push(EventSummary {
                    attempts: 0,
                    state: EventState::Received.as_str().to_owned(),
                    processed_at: None,
                    ..event.clone()
                });
            }
        }
        // What is due again is parked no more.
        let accounts: BTreeSet<&str> = batch
            .iter()
            .filter(|event| event.state == EventState::Parked.as_str())
            .map(|event| event.account_id.as_str())
            .collect();
        for account_id in accounts {
            parked::refresh(&mut tx, store_id, mode, account_id, now).await?;
        }
        tx.commit().await?;
        app.work.wake(store_id);
    }
    tracing::info!(%store_id, %mode, actor, replayed = done.len(), "events are replayed");
    Ok(done)
}

async fn replay_one(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    actor: &str,
    event: &EventSummary,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let requeued = inbox::requeue(conn, store_id, mode, event, now).await?;
    if requeued {
        db::audit::record(
            conn,
            store_id,
            actor,
            "event.replayed",
            &event.event_id,
            now,
        )
        .await?;
    }
    Ok(requeued)
}
