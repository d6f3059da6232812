//! What the inbox tells about a connection's webhook.

use diesel::dsl::max;
use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};

use super::Source;
use crate::DbError;
use crate::columns::{MaybeAt, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// Stripe lists events for 30 days, so nothing that arrives was made earlier; with this bound old partitions stay shut.
const OLDEST_ARRIVAL: SignedDuration = SignedDuration::from_hours(31 * 24);

#[derive(Queryable)]
struct Newest {
    #[diesel(deserialize_as = MaybeAt)]
    at: Option<Timestamp>,
}

/// When Stripe made the newest event of a connection that had to be fetched from its list, among those that were received
/// after `since` and made before `made_before`.
pub async fn newest_fetched(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
    made_before: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let newest: Option<Newest> = events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(events::source.eq(Source::Reconcile.as_str()))
        .filter(events::received_at.ge(at(since)))
        .filter(events::created_at.ge(at(oldest(since))))
        .filter(events::created_at.lt(at(made_before)))
        .select((max(events::created_at),))
        .first(conn)
        .await?;
    Ok(newest.and_then(|newest| newest.at))
}

/// When the newest event of a connection arrived that Stripe delivered, if it was after `since`. A connection's own
/// `last_event_at` is written now and then only.
pub async fn newest_delivered(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let newest: Option<Newest> = events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(events::source.eq(Source::Webhook.as_str()))
        .filter(events::received_at.ge(at(since)))
        .filter(events::created_at.ge(at(oldest(since))))
        .select((max(events::received_at),))
        .first(conn)
        .await?;
    Ok(newest.and_then(|newest| newest.at))
}

/// When the newest event arrived that a connection ignored for this reason, if it was after `since`.
pub async fn newest_ignored(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    reason: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let newest: Option<Newest> = events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(events::last_error.eq(reason.to_owned()))
        .filter(events::received_at.ge(at(since)))
        .filter(events::created_at.ge(at(oldest(since))))
        .select((max(events::received_at),))
        .first(conn)
        .await?;
    Ok(newest.and_then(|newest| newest.at))
}

fn oldest(received_since: Timestamp) -> Timestamp {
    received_since
        .checked_sub(OLDEST_ARRIVAL)
        .unwrap_or(Timestamp::MIN)
}
