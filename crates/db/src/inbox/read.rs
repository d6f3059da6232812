//! The inbox as people see it.

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, MaybeAt, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

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
