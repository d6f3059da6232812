//! The inbox of Stripe's events: durable before the 200, deduplicated by (store, account, mode, event id).

use std::collections::BTreeMap;

use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::columns::{At, Id, Instant, MaybeAt, Uid, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::schema::stripe_events as events;
use crate::{Db, DbError};

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// Stored, not looked at.
    Received,
    /// A worker holds its lease.
    Processing,
    /// Its effects are stored.
    Processed,
    /// Nothing to do: not ours, or a type that nobody handles.
    Ignored,
    /// The store must reconnect first.
    Waiting,
    /// Given up after the last attempt; a person can replay it.
    Parked,
}

impl EventState {
    /// The stored word, which is also the API's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
        }
    }
}

/// An event to store.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The store of the route, whose secret signed it.
    pub store_id: StoreId,
    /// The account of the connection whose secret signed it.
    pub account_id: String,
    /// The mode of that connection.
    pub mode: Mode,
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// Stripe's `type`.
    pub event_type: String,
    /// The version that it was rendered with.
    pub api_version: Option<String>,
    /// The `PaymentIntent` that the event is about; `None` for types that nobody handles.
    pub object_id: Option<String>,
    /// The body as received.
    pub payload: String,
    /// `Received`, or `Ignored` where the envelope contradicts the connection.
    pub state: EventState,
    /// Why it is ignored.
    pub last_error: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl NewEvent {
    fn key(&self) -> (StoreId, &str, Mode, &str) {
        (self.store_id, &self.account_id, self.mode, &self.event_id)
    }

    fn without_nul(mut self) -> Self {
        let texts = [
            Some(&mut self.account_id),
            Some(&mut self.event_id),
            Some(&mut self.event_type),
            self.api_version.as_mut(),
            self.object_id.as_mut(),
            Some(&mut self.payload),
            self.last_error.as_mut(),
        ];
        for text in texts.into_iter().flatten() {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{FFFD}");
            }
        }
        self
    }
}

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
    /// Stripe's `type`.
    pub event_type: String,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// This attempt's number, from 1; also the fence: a worker whose lease ran out finds another number.
    pub attempts: i64,
}

/// An event as the API shows it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventSummary {
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// Stripe's `type`.
    pub event_type: String,
    /// See [`EventState`].
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// What went wrong last, by name.
    pub last_error: Option<String>,
    /// When it arrived.
    #[diesel(deserialize_as = At)]
    pub received_at: Timestamp,
    /// When it was done with.
    #[diesel(deserialize_as = MaybeAt)]
    pub processed_at: Option<Timestamp>,
}

/// Stores a batch durably; events that are there already stay as they are. Returns how many were new.
///
/// A NUL becomes U+FFFD: `PostgreSQL` refuses it, and one hostile event must not fail the others of its batch.
pub async fn record(db: &Db, batch: Vec<NewEvent>) -> Result<usize, DbError> {
    let mut batch: Vec<NewEvent> = batch.into_iter().map(NewEvent::without_nul).collect();
    // One order everywhere, so that two batches with the same events wait for each other instead of deadlocking.
    batch.sort_by(|a, b| a.key().cmp(&b.key()));
    let heard = newest_per_connection(&batch);
    let mut tx = db.begin().await?;
    for ((store_id, mode), received_at) in heard {
        crate::connections::touch_last_event(&mut tx, store_id, mode, received_at).await?;
    }
    let inserted = match &mut *tx {
        Conn::Pg(conn) => postgres::insert_events(conn, batch).await?,
        Conn::Sqlite(conn) => sqlite::insert_events(conn, batch).await?,
    };
    tx.commit().await?;
    Ok(inserted)
}

/// When each connection was last heard of, in one order everywhere.
fn newest_per_connection(batch: &[NewEvent]) -> BTreeMap<(StoreId, Mode), Timestamp> {
    let mut newest = BTreeMap::new();
    for event in batch {
        let heard = newest
            .entry((event.store_id, event.mode))
            .or_insert(event.received_at);
        *heard = event.received_at.max(*heard);
    }
    newest
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
            events::lease_until.eq(None::<At>),
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
            events::lease_until.eq(None::<At>),
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
    let processing: &'static str = EventState::Processing.as_str();
    let attempts: i64 = event.attempts;
    events::table
        .filter(events::store_id.eq(store_id))
        .filter(events::account_id.eq(account_id))
        .filter(events::mode.eq(mode))
        .filter(events::event_id.eq(event_id))
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
    let received: Option<Due> = events::table
        .filter(events::state.eq(EventState::Received.as_str()))
        .select((min(events::next_attempt_at),))
        .first(conn)
        .await?;
    let leased: Option<Due> = events::table
        .filter(events::state.eq(EventState::Processing.as_str()))
        .select((min(events::lease_until),))
        .first(conn)
        .await?;
    let due = [received, leased].into_iter().flatten();
    Ok(due.filter_map(|due| due.at).min())
}

/// The store's newest events of a mode, at most `limit`, newest first.
pub async fn list(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    limit: i64,
) -> Result<Vec<EventSummary>, DbError> {
    events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .order((events::received_at.desc(), events::event_id.desc()))
        .limit(limit)
        .select(columns::<EventSummary>())
        .load(conn)
        .await
}
