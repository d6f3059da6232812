//! The inbox as a queue on `SQLite`: one writer at a time, so no row locks are needed.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{Id, Instant, Uid, at, id};
use crate::conn::SqliteConn;
use crate::inbox::{ClaimedEvent, ClaimedRow, Place, StoreRow, Wanted};

const CLAIM: &str = "UPDATE stripe_events SET state = 'processing', attempts = attempts + 1, next_attempt_at = ? \
    WHERE rowid IN ( \
        SELECT rowid FROM stripe_events \
        WHERE store_id = ? AND state IN ('received', 'processing') AND next_attempt_at <= ? \
        ORDER BY next_attempt_at LIMIT ?) \
    RETURNING store_id, account_id, mode, event_id, created_at, event_type, object_id, source, attempts";

/// For each store its own few, in one commit.
pub(crate) async fn claim(
    conn: &mut SqliteConn,
    wanted: &[Wanted],
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedRow>, DbError> {
    let wanted = wanted.to_vec();
    conn.spawn_blocking(move |conn| {
        conn.immediate_transaction(|conn| {
            let mut claimed = Vec::new();
            for Wanted { store_id, up_to } in wanted {
                let statement = sql_query(CLAIM)
                    .bind::<Instant, _>(at(lease_until))
                    .bind::<Uid, _>(id(store_id))
                    .bind::<Instant, _>(at(now))
                    .bind::<BigInt, _>(up_to);
                claimed.extend(statement.load::<ClaimedRow>(conn)?);
            }
            Ok(claimed)
        })
    })
    .await
    .map_err(DbError::from)
}

const RENEW: &str = "UPDATE stripe_events SET next_attempt_at = ? \
    WHERE store_id = ? AND account_id = ? AND mode = ? AND event_id = ? AND created_at = ? AND attempts = ? \
    AND state = 'processing'";

/// The places in `held` of those that are still held.
pub(crate) async fn renew(
    conn: &mut SqliteConn,
    held: &[ClaimedEvent],
    lease_until: Timestamp,
) -> Result<Vec<Place>, DbError> {
    let held = held.to_vec();
    conn.spawn_blocking(move |conn| {
        conn.immediate_transaction(|conn| {
            let mut still = Vec::with_capacity(held.len());
            for (place, event) in (0..).zip(held) {
                let changed = sql_query(RENEW)
                    .bind::<Instant, _>(at(lease_until))
                    .bind::<Uid, _>(id(event.store_id))
                    .bind::<Text, _>(event.account_id)
                    .bind::<Text, _>(event.mode.as_str())
                    .bind::<Text, _>(event.event_id)
                    .bind::<Instant, _>(at(event.created_at))
                    .bind::<BigInt, _>(event.attempts)
                    .execute(conn)?;
                if changed == 1 {
                    still.push(Place { place });
                }
            }
            Ok(still)
        })
    })
    .await
    .map_err(DbError::from)
}

/// Hops from store to store along the index, past all of a store's events at once.
const SCAN: &str = "WITH RECURSIVE visited (store_id, number) AS ( \
        SELECT min(store_id), 1 FROM stripe_events \
        WHERE state IN ('received', 'processing') AND store_id > ?1 \
        UNION ALL \
        SELECT (SELECT min(store_id) FROM stripe_events \
            WHERE state IN ('received', 'processing') AND store_id > visited.store_id), visited.number + 1 \
        FROM visited WHERE visited.store_id IS NOT NULL AND visited.number < ?3) \
    SELECT store_id, EXISTS (SELECT 1 FROM stripe_events AS e WHERE e.store_id = visited.store_id \
        AND e.state IN ('received', 'processing') AND e.next_attempt_at <= ?2) AS is_due \
    FROM visited WHERE store_id IS NOT NULL ORDER BY number";

pub(crate) async fn scan(
    conn: &mut SqliteConn,
    after: Id,
    now: Timestamp,
    visits: i64,
) -> Result<Vec<StoreRow>, DbError> {
    conn.spawn_blocking(move |conn| {
        sql_query(SCAN)
            .bind::<Uid, _>(after)
            .bind::<Instant, _>(at(now))
            .bind::<BigInt, _>(visits)
            .load(conn)
    })
    .await
    .map_err(DbError::from)
}

/// One process has the file: whoever held these before is gone.
pub(crate) const TAKE_OVER: &str = "UPDATE stripe_events SET next_attempt_at = ? WHERE state = 'processing' AND next_attempt_at > ?";
