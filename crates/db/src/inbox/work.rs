//! How a claim ends: with the event done, planned again or put aside, each only while the claim is the newest.

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::parked::is_aside;
use super::{ClaimedEvent, EventState};
use crate::DbError;
use crate::columns::{At, Id, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// Ends a claim, in the transaction that stores the event's effects. `false` if the lease was lost: roll back.
pub async fn finish(
    conn: &mut Conn,
    event: &ClaimedEvent,
    state: EventState,
    last_error: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let processed_at = (state != EventState::Waiting).then_some(at(now));
    let changed = diesel::update(held(event))
        .set((
            events::state.eq(state.as_str()),
            events::last_error.eq(last_error.map(str::to_owned)),
            events::processed_at.eq(processed_at),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Gives a claim back to be tried at `next_attempt_at`.
pub async fn retry_later(
    conn: &mut Conn,
    event: &ClaimedEvent,
    last_error: &str,
    next_attempt_at: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(held(event))
        .set((
            events::state.eq(EventState::Received.as_str()),
            events::last_error.eq(last_error.to_owned()),
            events::next_attempt_at.eq(at(next_attempt_at)),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// The event, as long as this worker's claim is the newest.
#[diesel::dsl::auto_type(no_type_alias)]
fn held(event: &ClaimedEvent) -> _ {
    let store_id: Id = id(event.store_id);
    let account_id: String = event.account_id.clone();
    let mode: &'static str = event.mode.as_str();
    let event_id: String = event.event_id.clone();
    let created_at: At = at(event.created_at);
    let processing: &'static str = EventState::Processing.as_str();
    let attempts: i64 = event.attempts;
    events::table
        .filter(events::store_id.eq(store_id))
        .filter(events::account_id.eq(account_id))
        .filter(events::mode.eq(mode))
        .filter(events::event_id.eq(event_id))
        .filter(events::created_at.eq(created_at))
        .filter(events::state.eq(processing))
        .filter(events::attempts.eq(attempts))
}

/// Wakes the events that waited for the store to reconnect.
pub async fn resume_waiting(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    now: Timestamp,
) -> Result<usize, DbError> {
    diesel::update(
        events::table
            .filter(events::store_id.eq(id(store_id)))
            .filter(events::mode.eq(mode.as_str()))
            .filter(is_aside())
            .filter(events::state.eq(EventState::Waiting.as_str())),
    )
    .set((
        events::state.eq(EventState::Received.as_str()),
        events::next_attempt_at.eq(at(now)),
    ))
    .execute(conn)
    .await
}
