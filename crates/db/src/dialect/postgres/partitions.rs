//! The inbox's months on `PostgreSQL`: each is a partition, so that forgetting one is dropping it.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{Instant, at};
use crate::conn::PgConn;
use crate::inbox::retention::Step;

/// Months that are there ahead of their time. A gateway that was off for longer still takes events: into the default
/// partition, out of which they are moved.
const MONTHS_AHEAD: i32 = 2;
/// While we wait for the table everybody else waits behind us.
const PATIENCE: &str = "SET LOCAL lock_timeout = '500ms'";
/// Events that are moved out of a month before it is dropped. A month with more keeps them where they are.
const MAX_MOVED: i64 = 2000;
/// Pages of a table that one step looks at: about 500 events.
const PAGES: i64 = 256;
const DEFAULT: &str = "stripe_events_other";

/// How far a pass has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Tables that are still to be looked at, the next one last; `None` before the first step.
    tables: Option<Vec<String>>,
    /// In the next one, where the pages begin that were not looked at.
    page: i64,
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Bool)]
    made: bool,
}

pub(crate) async fn make_room(conn: &mut PgConn, now: Timestamp) -> Result<usize, DbError> {
    conn.batch_execute(PATIENCE).await?;
    let mut count = 0;
    for ahead in 0..=MONTHS_AHEAD {
        let statement = sql_query(
            "SELECT stripe_events_add_month((($1 AT TIME ZONE 'UTC') + make_interval(months => $2))::date) AS made",
        );
        let row: Made = statement
            .bind::<Instant, _>(at(now))
            .bind::<Integer, _>(ahead)
            .get_result(conn)
            .await?;
        count += usize::from(row.made);
    }
    Ok(count)
}

pub(crate) async fn forget(
    conn: &mut PgConn,
    before: Timestamp,
    progress: &mut Progress,
) -> Result<Step, DbError> {
    let tables = match &mut progress.tables {
        Some(tables) => tables,
        none => none.insert(list(conn, before).await?),
    };
    let Some(table) = tables.last().cloned() else {
        return Ok(Step {
            removed: 0,
            is_last: true,
        });
    };
    let (removed, is_through) =
        if table != DEFAULT && progress.page == 0 && drop_month(conn, &table).await? {
            (1, true)
        } else {
            let removed = sweep(conn, &table, progress.page, before).await?;
            progress.page += PAGES;
            (removed, progress.page >= pages(conn, &table).await?)
        };
    if is_through {
        tables.pop();
        progress.page = 0;
    }
    Ok(Step {
        removed,
        is_last: tables.is_empty(),
    })
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The default partition, and the months that ended before; the oldest last.
async fn list(conn: &mut PgConn, before: Timestamp) -> Result<Vec<String>, DbError> {
    let statement = sql_query(
        "SELECT c.relname::text AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid \
         WHERE i.inhparent = 'stripe_events'::regclass AND (c.relname = $1 OR (c.relname ~ '^stripe_events_[0-9]{6}$' \
             AND to_date(right(c.relname, 6), 'YYYYMM') + INTERVAL '1 month' <= ($2 AT TIME ZONE 'UTC'))) \
         ORDER BY c.relname = $1 DESC, c.relname DESC",
    );
    let rows: Vec<Table> = statement
        .bind::<Text, _>(DEFAULT)
        .bind::<Instant, _>(at(before))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|table| table.name).collect())
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn number(conn: &mut PgConn, query: String) -> Result<i64, DbError> {
    let row: Number = sql_query(query).get_result(conn).await?;
    Ok(row.number)
}

/// Drops a month; what is not done with moves to the default partition. `false` if that would be too much.
async fn drop_month(conn: &mut PgConn, table: &str) -> Result<bool, DbError> {
    // Each half has its own index, so that nothing else is looked at.
    let unfinished = |columns: &str| {
        format!(
            "SELECT {columns} FROM {table} WHERE state IN ('received', 'processing') \
             UNION ALL SELECT {columns} FROM {table} WHERE state IN ('waiting', 'parked')"
        )
    };
    let count = format!(
        "SELECT count(*) AS number FROM ({} LIMIT {}) AS unfinished",
        unfinished("1"),
        MAX_MOVED + 1
    );
    if number(conn, count).await? > MAX_MOVED {
        return Ok(false);
    }
    // From here on nobody adds to it or works on it: what moves is found where it is looked for.
    let statements = format!(
        "{PATIENCE}; LOCK TABLE ONLY stripe_events IN ACCESS EXCLUSIVE MODE; \
         ALTER TABLE stripe_events DETACH PARTITION {table}; \
         INSERT INTO stripe_events {}; DROP TABLE {table}",
        unfinished("*")
    );
    conn.batch_execute(&statements).await?;
    Ok(true)
}

/// Deletes what is done with from some pages of a table.
async fn sweep(
    conn: &mut PgConn,
    table: &str,
    page: i64,
    before: Timestamp,
) -> Result<usize, DbError> {
    let statement = sql_query(format!(
        "DELETE FROM {table} WHERE ctid >= '({page},0)'::tid AND ctid < '({},0)'::tid \
         AND state IN ('processed', 'ignored') AND created_at < $1",
        page + PAGES
    ));
    Ok(statement
        .bind::<Instant, _>(at(before))
        .execute(conn)
        .await?)
}

async fn pages(conn: &mut PgConn, table: &str) -> Result<i64, DbError> {
    let size = format!(
        "SELECT pg_relation_size('{table}') / current_setting('block_size')::bigint AS number"
    );
    number(conn, size).await
}
