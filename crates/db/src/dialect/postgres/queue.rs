//! The inbox as a queue on `PostgreSQL`.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel::{QueryResult, sql_query};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Instant, Uid, at, id};
use crate::conn::PgConn;
use crate::inbox::{ClaimedEvent, ClaimedRow, Place, StoreRow, Wanted};

/// For each store its own few, from the index. Other workers' rows are skipped, not waited for. MATERIALIZED, because
/// a planner that runs the inner query again would lock and take more than the limit. A statement of its own and not
/// `sql_query`, which the server would parse and plan at every claim.
struct Claim {
    stores: Vec<Id>,
    up_to: Vec<i64>,
    now: At,
    lease_until: At,
}

impl QueryId for Claim {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Claim {
    type SqlType = (
        Uid,
        Text,
        Text,
        Text,
        Instant,
        Text,
        Nullable<Text>,
        Text,
        BigInt,
    );
}

impl QueryFragment<Pg> for Claim {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH due AS MATERIALIZED ( \
                SELECT e.store_id, e.account_id, e.mode, e.event_id, e.created_at FROM unnest(",
        );
        out.push_bind_param::<Array<Uid>, _>(&self.stores)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.up_to)?;
        out.push_sql(
            ") AS wanted (store_id, up_to) CROSS JOIN LATERAL ( \
                SELECT s.store_id, s.account_id, s.mode, s.event_id, s.created_at FROM stripe_events AS s \
                WHERE s.store_id = wanted.store_id AND s.state IN ('received', 'processing') AND s.next_attempt_at <= ",
        );
        out.push_bind_param::<Instant, _>(&self.now)?;
        out.push_sql(
            " ORDER BY s.next_attempt_at LIMIT wanted.up_to FOR UPDATE SKIP LOCKED) AS e) \
            UPDATE stripe_events AS e SET state = 'processing', attempts = attempts + 1, next_attempt_at = ",
        );
        out.push_bind_param::<Instant, _>(&self.lease_until)?;
        out.push_sql(
            " FROM due WHERE (e.store_id, e.account_id, e.mode, e.event_id, e.created_at) \
                = (due.store_id, due.account_id, due.mode, due.event_id, due.created_at) \
            RETURNING e.store_id, e.account_id, e.mode, e.event_id, e.created_at, e.event_type, e.object_id, e.source, e.attempts",
        );
        Ok(())
    }
}

pub(crate) async fn claim(
    conn: &mut PgConn,
    wanted: &[Wanted],
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedRow>, DbError> {
    let (stores, up_to): (Vec<_>, Vec<_>) = wanted
        .iter()
        .map(|wanted| (id(wanted.store_id), wanted.up_to))
        .unzip();
    let statement = Claim {
        stores,
        up_to,
        now: at(now),
        lease_until: at(lease_until),
    };
    Ok(statement.get_results(conn).await?)
}

const RENEW: &str = "UPDATE stripe_events AS e SET next_attempt_at = $1 \
    FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY \
        AS held (store_id, account_id, mode, event_id, created_at, attempts, place) \
    WHERE (e.store_id, e.account_id, e.mode, e.event_id, e.created_at, e.attempts) \
        = (held.store_id, held.account_id, held.mode, held.event_id, held.created_at, held.attempts) \
        AND e.state = 'processing' \
    RETURNING held.place - 1 AS place";

/// The places in `held` of those that are still held.
pub(crate) async fn renew(
    conn: &mut PgConn,
    held: &[ClaimedEvent],
    lease_until: Timestamp,
) -> Result<Vec<Place>, DbError> {
    let statement = sql_query(RENEW)
        .bind::<Instant, _>(at(lease_until))
        .bind::<Array<Uid>, _>(
            held.iter()
                .map(|event| id(event.store_id))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(
            held.iter()
                .map(|event| event.account_id.as_str())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(
            held.iter()
                .map(|event| event.mode.as_str())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(
            held.iter()
                .map(|event| event.event_id.as_str())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Instant>, _>(
            held.iter()
                .map(|event| at(event.created_at))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(held.iter().map(|event| event.attempts).collect::<Vec<_>>());
    Ok(statement.load(conn).await?)
}

/// Hops from store to store along the index, past all of a store's events at once.
const SCAN: &str = "WITH RECURSIVE visited (store_id, number) AS ( \
        (SELECT store_id, 1 FROM stripe_events \
         WHERE state IN ('received', 'processing') AND store_id > $1 ORDER BY store_id LIMIT 1) \
        UNION ALL \
        SELECT next.store_id, visited.number + 1 FROM visited CROSS JOIN LATERAL ( \
            SELECT store_id FROM stripe_events \
            WHERE state IN ('received', 'processing') AND store_id > visited.store_id ORDER BY store_id LIMIT 1) AS next \
        WHERE visited.number < $3) \
    SELECT store_id, EXISTS (SELECT 1 FROM stripe_events AS e WHERE e.store_id = visited.store_id \
        AND e.state IN ('received', 'processing') AND e.next_attempt_at <= $2) AS is_due \
    FROM visited ORDER BY number";

pub(crate) async fn scan(
    conn: &mut PgConn,
    after: Id,
    now: Timestamp,
    visits: i64,
) -> Result<Vec<StoreRow>, DbError> {
    let statement = sql_query(SCAN)
        .bind::<Uid, _>(after)
        .bind::<Instant, _>(at(now))
        .bind::<BigInt, _>(visits);
    Ok(statement.load(conn).await?)
}
