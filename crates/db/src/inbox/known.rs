//! Which of some events are there already.

use std::collections::HashSet;

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// Those of an account's events that are in the inbox. Each is given with the instant at which Stripe made it.
pub async fn known(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    candidates: &[(&str, Timestamp)],
) -> Result<HashSet<String>, DbError> {
    // The span tells PostgreSQL which partitions to look into.
    let instants = || candidates.iter().map(|(_, created_at)| *created_at);
    let (Some(first), Some(last)) = (instants().min(), instants().max()) else {
        return Ok(HashSet::new());
    };
    let ids = candidates
        .iter()
        .map(|(event_id, _)| (*event_id).to_owned());
    let found: Vec<String> = events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::event_id.eq_any(ids.collect::<Vec<_>>()))
        .filter(events::created_at.between(at(first), at(last)))
        .select(events::event_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}
