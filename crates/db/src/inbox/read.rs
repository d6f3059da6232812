//! The inbox as people see it: pages of events, and one event with its body.

use diesel::dsl::{AsExprOf, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::EventState;
use crate::DbError;
use crate::columns::{At, Id, MaybeAt, SealedBytes, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{stripe_connections as connections, stripe_events as events};

/// An event as the API shows it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventSummary {
    /// The account that it came from.
    pub account_id: String,
    /// The data that it is about.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// When Stripe made it; part of the key.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// Stripe's `type`.
    pub event_type: String,
    /// The `PaymentIntent` that it is about.
    pub object_id: Option<String>,
    /// How we learnt of it; see [`Source`](super::Source).
    pub source: String,
    /// See [`EventState`].
    pub state: String,
    /// The number of its last attempt; see [`EventSummary::tries`].
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

/// Which events are wanted.
#[derive(Debug, Clone)]
pub struct EventFilter {
    /// In one of these states; never empty.
    pub states: Vec<EventState>,
    /// Of one of these types; any type if empty.
    pub types: Vec<String>,
    /// One of these ids; any id if `None`.
    pub ids: Option<Vec<String>>,
    /// Received then or later.
    pub received_from: Timestamp,
    /// Received before then.
    pub received_before: Timestamp,
}

impl EventFilter {
    /// Every event. `PostgreSQL` knows no instants as far away as `jiff` does.
    pub fn all() -> Self {
        Self {
            states: EventState::ALL.to_vec(),
            types: Vec::new(),
            ids: None,
            received_from: Timestamp::UNIX_EPOCH,
            received_before: Timestamp::MAX,
        }
    }
}

/// A place in the inbox: events stand by the time at which they were received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// When the event there was received.
    pub received_at: Timestamp,
    /// Its id.
    pub event_id: String,
}

/// A page of the store's events of a mode, newest first: those before `before` (all if `None`), at most `limit`.
pub async fn list_before(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    filter: &EventFilter,
    before: Option<&Position>,
    limit: i64,
) -> Result<Vec<EventSummary>, DbError> {
    let (instant, event_id) = place(before, Timestamp::MAX);
    matching(store_id, mode, filter)
        .filter(events::received_at.le(instant))
        .filter(
            events::received_at
                .lt(instant)
                .or(events::event_id.lt(event_id)),
        )
        .order((events::received_at.desc(), events::event_id.desc()))
        .limit(limit)
        .select(columns::<EventSummary>())
        .load(conn)
        .await
}

/// The events that came after `after` (all if `None`), at most `limit`, oldest first.
pub async fn list_after(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    filter: &EventFilter,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<EventSummary>, DbError> {
    let (instant, event_id) = place(after, Timestamp::UNIX_EPOCH);
    matching(store_id, mode, filter)
        .filter(events::received_at.ge(instant))
        .filter(
            events::received_at
                .gt(instant)
                .or(events::event_id.gt(event_id)),
        )
        .order((events::received_at.asc(), events::event_id.asc()))
        .limit(limit)
        .select(columns::<EventSummary>())
        .load(conn)
        .await
}

fn place(position: Option<&Position>, otherwise: Timestamp) -> (At, String) {
    match position {
        Some(position) => (at(position.received_at), position.event_id.clone()),
        None => (at(otherwise), String::new()),
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn matching(store_id: StoreId, mode: Mode, filter: &EventFilter) -> _ {
    let store_id: Id = id(store_id);
    let mode: &'static str = mode.as_str();
    let states: Vec<&'static str> = filter.states.iter().map(|state| state.as_str()).collect();
    let types: Vec<String> = filter.types.clone();
    let any_type: AsExprOf<bool, Bool> = filter.types.is_empty().into_sql::<Bool>();
    let ids: Vec<String> = filter.ids.clone().unwrap_or_default();
    let any_id: AsExprOf<bool, Bool> = filter.ids.is_none().into_sql::<Bool>();
    let from: At = at(filter.received_from);
    let before: At = at(filter.received_before);
    events::table
        .filter(events::store_id.eq(store_id))
        .filter(events::mode.eq(mode))
        .filter(events::state.eq_any(states))
        .filter(events::event_type.eq_any(types).or(any_type))
        .filter(events::event_id.eq_any(ids).or(any_id))
        .filter(events::received_at.ge(from))
        .filter(events::received_at.lt(before))
}

/// Whether an event about a `PaymentIntent` of the store waits for its turn or for its next try.
pub async fn is_pending(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
) -> Result<bool, DbError> {
    let found: Option<String> = events::table
        .filter(events::store_id.eq(id(store_id)))
        // The condition of an index, word by word.
        .filter(sql::<Bool>("state IN ('received', 'processing')"))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::object_id.eq(payment_intent_id.to_owned()))
        .select(events::event_id)
        .first(conn)
        .await?;
    Ok(found.is_some())
}

/// The store's event of this id, the newest where two of its accounts have one.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event_id: &str,
) -> Result<Option<EventSummary>, DbError> {
    Ok(find_all(conn, store_id, mode, event_id).await?.pop())
}

/// The store's events of this id, one for each of its accounts that has one, oldest first.
pub async fn find_all(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event_id: &str,
) -> Result<Vec<EventSummary>, DbError> {
    events::table
        .filter(events::store_id.eq(id(store_id)))
        // The key begins with store and account: without the account every event of the store would be looked at.
        .filter(
            events::account_id.eq_any(
                connections::table
                    .filter(connections::store_id.eq(id(store_id)))
                    .filter(connections::mode.eq(mode.as_str()))
                    .select(connections::account_id),
            ),
        )
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::event_id.eq(event_id.to_owned()))
        .order((events::received_at.asc(), events::created_at.asc()))
        .select(columns::<EventSummary>())
        .load(conn)
        .await
}

/// The sealed body of an event that was found.
pub async fn payload(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event: &EventSummary,
) -> Result<Option<SealedBytes>, DbError> {
    let found: Option<(String, Vec<u8>)> = events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::account_id.eq(event.account_id.clone()))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::event_id.eq(event.event_id.clone()))
        .filter(events::created_at.eq(at(event.created_at)))
        .select((events::payload_key_id, events::payload))
        .first(conn)
        .await?;
    Ok(found.map(|(key_id, bytes)| SealedBytes { key_id, bytes }))
}
