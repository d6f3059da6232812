//! Forgetting events on `SQLite`: in small batches, because there is one writer for all.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Instant, at};
use crate::conn::SqliteConn;
use crate::inbox::retention::Step;

/// Rows that one step looks at: a few milliseconds of writing.
const ROWS: i64 = 200;

/// Rows stand in the order of their arrival.
const BATCH: &str = "SELECT max(rowid) AS up_to, min(received_at) AS oldest FROM \
    (SELECT rowid, received_at FROM stripe_events WHERE rowid > ? ORDER BY rowid LIMIT ?)";

const DELETE: &str = "DELETE FROM stripe_events WHERE rowid > ? AND rowid <= ? \
    AND state IN ('processed', 'ignored') AND created_at < ?";

#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = Nullable<BigInt>)]
    up_to: Option<i64>,
    #[diesel(sql_type = Nullable<Instant>)]
    oldest: Option<At>,
}

pub(crate) async fn forget(
    conn: &mut SqliteConn,
    before: Timestamp,
    after_rowid: &mut i64,
) -> Result<Step, DbError> {
    let after = *after_rowid;
    let (step, up_to) = conn
        .spawn_blocking(move |conn| {
            let last = |removed| Step {
                removed,
                is_last: true,
            };
            let batch: Batch = sql_query(BATCH)
                .bind::<BigInt, _>(after)
                .bind::<BigInt, _>(ROWS)
                .get_result(conn)?;
            let (Some(up_to), Some(oldest)) = (batch.up_to, batch.oldest) else {
                return Ok((last(0), after));
            };
            if Timestamp::from(oldest) >= before {
                return Ok((last(0), after));
            }
            let removed = sql_query(DELETE)
                .bind::<BigInt, _>(after)
                .bind::<BigInt, _>(up_to)
                .bind::<Instant, _>(at(before))
                .execute(conn)?;
            let step = Step {
                removed,
                is_last: false,
            };
            Ok((step, up_to))
        })
        .await
        .map_err(DbError::from)?;
    *after_rowid = up_to;
    Ok(step)
}
