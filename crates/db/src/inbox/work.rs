//! Handing events to workers: leased claims, fenced by the number of the attempt.

use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::EventState;
use crate::columns::{At, Id, Instant, MaybeAt, Uid, Word, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::schema::stripe_events as events;
use crate::{Db, DbError};

/// An event that a worker holds.
#[derive(Debug, Clone)]
pub struct ClaimedEvent {
    /// Its store.
    pub store_id: StoreId,
    /// Its account.
    pub account_id: String,
    /// Its mode.
    pub mode: Mode,
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// When Stripe made it; part of the key.
    pub created_at: Timestamp,
    /// Stripe's `type`.
    pub event_type: String,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// This attempt's number, from 1; also the fence: a worker whose lease ran out finds another number.
    pub attempts: i64,
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Text)]
    account_id: String,
    #[diesel(sql_type = Text)]
    mode: Word,
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Instant)]
    created_at: At,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    object_id: Option<String>,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
}

impl TryFrom<ClaimedRow> for ClaimedEvent {
    type Error = DbError;

    fn try_from(row: ClaimedRow) -> Result<Self, DbError> {
        Ok(Self {
            store_id: row.store_id.into(),
            account_id: row.account_id,
            mode: row
                .mode
                .try_into()
                .map_err(|error| DbError::Corrupt(Box::new(error)))?,
            event_id: row.event_id,
            created_at: row.created_at.into(),
            event_type: row.event_type,
            object_id: row.object_id,
            attempts: row.attempts,
        })
    }
}

/// Takes at most `limit` due events, until `lease_until`. An event whose lease ran out is due again.
pub async fn claim(
    db: &Db,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedEvent>, DbError> {
    let mut conn = db.writer().await?;
    let rows: Vec<ClaimedRow> = match conn {
        Conn::Pg(_) => {
            sql_query(postgres::CLAIM_EVENTS)
                .bind::<Instant, _>(at(lease_until))
                .bind::<Instant, _>(at(now))
                .bind::<BigInt, _>(limit)
                .load(&mut conn)
                .await?
        }
        Conn::Sqlite(_) => {
            sql_query(sqlite::CLAIM_EVENTS)
                .bind::<Instant, _>(at(lease_until))
                .bind::<Instant, _>(at(now))
                .bind::<BigInt, _>(limit)
                .load(&mut conn)
                .await?
        }
    };
    rows.into_iter().map(ClaimedEvent::try_from).collect()
}

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
            .filter(events::state.eq(EventState::Waiting.as_str())),
    )
    .set((
        events::state.eq(EventState::Received.as_str()),
        events::next_attempt_at.eq(at(now)),
    ))
    .execute(conn)
    .await
}

/// When the next event is due, or the next lease runs out; `None` if nothing is left to do.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    #[derive(Queryable)]
    struct Due {
        #[diesel(deserialize_as = MaybeAt)]
        at: Option<Timestamp>,
    }
    let pending = [EventState::Received, EventState::Processing].map(EventState::as_str);
    let due: Option<Due> = events::table
        .filter(events::state.eq_any(pending))
        .select((min(events::next_attempt_at),))
        .first(conn)
        .await?;
    Ok(due.and_then(|due| due.at))
}
