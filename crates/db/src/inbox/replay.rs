//! Making events due again, by the wish of a person.

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::{ClaimedEvent, EventState, EventSummary};
use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// Every replay begins a new round of attempts, at the next multiple of this. So the number of an attempt only ever grows,
/// which is the fence against late workers, and what is left of it tells how often the event was tried since. More than
/// any worker tries before it gives up.
const ROUND: i64 = 1000;

impl ClaimedEvent {
    /// This try's number, from 1, since the event arrived or was last replayed.
    pub const fn tries(&self) -> i64 {
        self.attempts % ROUND
    }
}

impl EventSummary {
    /// How often the event was tried since it arrived or was last replayed.
    pub const fn tries(&self) -> i64 {
        self.attempts % ROUND
    }
}

/// Makes the event due now, whatever its state. `false` if a worker holds its lease: it is being worked on anyway.
pub async fn requeue(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event: &EventSummary,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        events::table
            .filter(events::store_id.eq(id(store_id)))
            .filter(events::account_id.eq(event.account_id.clone()))
            .filter(events::mode.eq(mode.as_str()))
            .filter(events::event_id.eq(event.event_id.clone()))
            .filter(events::created_at.eq(at(event.created_at)))
            .filter(
                events::state
                    .ne(EventState::Processing.as_str())
                    .or(events::next_attempt_at.le(at(now))),
            ),
    )
    .set((
        events::state.eq(EventState::Received.as_str()),
        events::attempts.eq((events::attempts / ROUND + 1) * ROUND),
        events::next_attempt_at.eq(at(now)),
        events::processed_at.eq(None::<crate::columns::At>),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
