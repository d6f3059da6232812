//! `SQLite`'s own statements.

use diesel::prelude::*;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::SqliteConn;
use crate::inbox::NewEvent;
use crate::schema::stripe_events;

/// WAL with FULL: an acknowledged commit survives a power cut. No `mmap_size`, one process per file (see
/// `sqlite_version_is_safe`).
pub(crate) const WRITER_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY";

/// Readers cannot write, whatever a query says.
pub(crate) const READER_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON; \
    PRAGMA temp_store = MEMORY";

/// One writer at a time: no row locks are needed.
pub(crate) const CLAIM_EVENTS: &str = "UPDATE stripe_events SET state = 'processing', attempts = attempts + 1, lease_until = ? \
    WHERE rowid IN ( \
        SELECT rowid FROM stripe_events \
        WHERE state IN ('received', 'processing') AND next_attempt_at <= ? AND (lease_until IS NULL OR lease_until <= ?) \
        ORDER BY next_attempt_at LIMIT ?) \
    RETURNING store_id, account_id, mode, event_id, event_type, object_id, attempts";

/// Writes a batch of events in one hop to the blocking pool; what is there already stays as it is.
pub(crate) async fn insert_events(
    conn: &mut SqliteConn,
    events: Vec<NewEvent>,
) -> Result<usize, DbError> {
    conn.spawn_blocking(move |conn| {
        let mut inserted = 0;
        for event in events {
            inserted += diesel::insert_into(stripe_events::table)
                .values((
                    stripe_events::store_id.eq(id(event.store_id)),
                    stripe_events::account_id.eq(event.account_id),
                    stripe_events::mode.eq(event.mode.as_str()),
                    stripe_events::event_id.eq(event.event_id),
                    stripe_events::event_type.eq(event.event_type),
                    stripe_events::api_version.eq(event.api_version),
                    stripe_events::object_id.eq(event.object_id),
                    stripe_events::payload.eq(event.payload),
                    stripe_events::state.eq(event.state.as_str()),
                    stripe_events::last_error.eq(event.last_error),
                    stripe_events::received_at.eq(at(event.received_at)),
                    stripe_events::next_attempt_at.eq(at(event.received_at)),
                    stripe_events::attempts.eq(0),
                ))
                .on_conflict_do_nothing()
                .execute(conn)?;
        }
        Ok(inserted)
    })
    .await
    .map_err(DbError::from)
}
