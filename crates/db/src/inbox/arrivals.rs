//! What the inbox tells about a connection's webhook, from its newest events: a busy store has very many in a day.

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};

use super::Source;
use crate::DbError;
use crate::columns::{At, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// Stripe lists events for 30 days, so nothing that arrives was made earlier; with this bound old partitions stay shut.
const OLDEST_ARRIVAL: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Events that are looked at. What does not show among so many is not how a webhook is set up.
const NEWEST: i64 = 1000;

#[derive(Queryable)]
struct Arrived {
    source: String,
    last_error: Option<String>,
    #[diesel(deserialize_as = At)]
    created_at: Timestamp,
    #[diesel(deserialize_as = At)]
    received_at: Timestamp,
}

/// The newest events of a connection that were received after `since` and made before `made_before`, newest first.
async fn newest(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
    made_before: Timestamp,
) -> Result<Vec<Arrived>, DbError> {
    events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(events::received_at.ge(at(since)))
        .filter(events::created_at.ge(at(oldest(since))))
        .filter(events::created_at.lt(at(made_before)))
        .order(events::received_at.desc())
        .limit(NEWEST)
        .select((
            events::source,
            events::last_error,
            events::created_at,
            events::received_at,
        ))
        .load(conn)
        .await
}

/// When Stripe made the newest event of a connection that had to be fetched from its list, among the newest that were
/// received after `since` and made before `made_before`.
pub async fn newest_fetched(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
    made_before: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let arrived = newest(conn, store_id, mode, account_id, since, made_before).await?;
    let fetched = arrived
        .iter()
        .filter(|one| one.source == Source::Reconcile.as_str());
    Ok(fetched.map(|one| one.created_at).max())
}

/// When the newest event of a connection arrived that Stripe delivered, if it was after `since` and is among the newest. A
/// connection's own `last_event_at` is written now and then only.
pub async fn newest_delivered(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let arrived = newest(conn, store_id, mode, account_id, since, Timestamp::MAX).await?;
    let delivered = arrived
        .iter()
        .filter(|one| one.source == Source::Webhook.as_str());
    Ok(delivered.map(|one| one.received_at).max())
}

/// When the newest event arrived that a connection ignored for this reason, if it was after `since` and is among the newest.
pub async fn newest_ignored(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    reason: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let arrived = newest(conn, store_id, mode, account_id, since, Timestamp::MAX).await?;
    let ignored = arrived
        .iter()
        .filter(|one| one.last_error.as_deref() == Some(reason));
    Ok(ignored.map(|one| one.received_at).max())
}

fn oldest(received_since: Timestamp) -> Timestamp {
    received_since
        .checked_sub(OLDEST_ARRIVAL)
        .unwrap_or(Timestamp::MIN)
}
