//! `SQLite`'s own statements.

mod insert_events;
pub(crate) mod queue;
pub(crate) mod retention;

pub(crate) use insert_events::insert_events;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::DbError;
use crate::background::Background;
use crate::conn::SqliteConn;

/// WAL with FULL: an acknowledged commit survives a power cut. No `mmap_size`, one process per file (see
/// `sqlite_version_is_safe`). A checkpoint every 64 MiB instead of 4: it holds up all writers for some ten milliseconds, so it
/// should be rare, and pages that change often are copied less often. 16 MiB of pages in memory instead of 2: what every
/// batch of events touches is not read back from the log.
pub(crate) const WRITER_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16384; PRAGMA cache_size = -16384";

/// Readers cannot write, whatever a query says.
const READER_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON; \
    PRAGMA temp_store = MEMORY";

/// Takes due jobs; one writer at a time needs no row locks. `runs` is the fence.
pub(crate) const CLAIM_JOBS: &str = "UPDATE connection_jobs SET next_run_at = ?, runs = runs + 1 \
    WHERE rowid IN ( \
        SELECT rowid FROM connection_jobs WHERE job = ? AND next_run_at <= ? ORDER BY next_run_at LIMIT ?) \
    RETURNING store_id, mode, account_id, runs, failures";

/// As [`CLAIM_JOBS`].
pub(crate) const CLAIM_PAYMENT_CHECKS: &str = "UPDATE payments SET next_check_at = ? \
    WHERE rowid IN ( \
        SELECT rowid FROM payments WHERE status IN ('open', 'authorized') AND next_check_at <= ? \
        ORDER BY next_check_at LIMIT ?) \
    RETURNING store_id, id, mode, account_id, payment_intent_id, created_at";

pub(crate) const CLAIM_PAYMENT_ACTIONS: &str = "UPDATE payment_actions SET attempts = attempts + 1, next_attempt_at = ? \
    WHERE rowid IN ( \
        SELECT rowid FROM payment_actions WHERE state = 'due' AND next_attempt_at <= ? \
        ORDER BY next_attempt_at LIMIT ?) \
    RETURNING store_id, id";

/// Whether diesel's history table is there.
pub(crate) const HAS_HISTORY: &str = "SELECT count(*) > 0 AS present FROM sqlite_master \
    WHERE type = 'table' AND name = '__diesel_schema_migrations'";

/// The first version without the WAL-reset bug, by which a checkpoint could lose committed pages.
/// <https://sqlite.org/wal.html#walresetbug>
const SAFE_VERSION: [u32; 3] = [3, 51, 3];

#[derive(QueryableByName)]
struct Library {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Fails if the linked `SQLite` can lose committed data.
pub(crate) async fn refuse_unsafe_version(conn: &mut SqliteConn) -> Result<(), DbError> {
    let library: Library = conn
        .spawn_blocking(|conn| sql_query("SELECT sqlite_version() AS version").get_result(conn))
        .await?;
    if sqlite_version_is_safe(&library.version) {
        return Ok(());
    }
    let [major, minor, patch] = SAFE_VERSION;
    let version = library.version;
    Err(DbError::Unavailable(
        format!(
            "SQLite {version} can lose committed data; {major}.{minor}.{patch} or newer is needed"
        )
        .into(),
    ))
}

fn sqlite_version_is_safe(version: &str) -> bool {
    let parts: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| parts.len() >= 3 && parts.as_slice() >= SAFE_VERSION.as_slice())
}

/// Opens a reader, whose queries run on the thread that asks.
pub(crate) fn open_reader(path: String) -> BoxFuture<'static, ConnectionResult<SqliteConn>> {
    let opening = tokio::task::spawn_blocking(move || {
        let mut conn = SqliteConnection::establish(&path)?;
        let prepared = conn.batch_execute(READER_SETUP);
        prepared.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(SqliteConn::with_runtime(conn, Background::Here))
    });
    let opened = opening.map(|opened| {
        opened.unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))
    });
    opened.boxed()
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::BigInt;

    use super::*;
    use crate::{Conn, Db};

    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }

    async fn setting(conn: Conn, pragma: &str) -> i64 {
        let Conn::Sqlite(mut conn) = conn else {
            panic!("an SQLite connection")
        };
        let query = format!("SELECT {pragma} AS value FROM pragma_{pragma}");
        let setting: Setting = conn
            .spawn_blocking(move |conn| sql_query(query).get_result(conn))
            .await
            .unwrap();
        setting.value
    }

    #[tokio::test]
    async fn the_writer_syncs_every_commit_and_readers_only_read() {
        const FULL: i64 = 2;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("tillgate.db").display());
        let db = Db::open(&url).await.unwrap();
        for (pragma, writer, reader) in [
            ("synchronous", FULL, FULL),
            ("foreign_keys", 1, 1),
            ("query_only", 0, 1),
        ] {
            assert_eq!(
                setting(db.writer().await.unwrap(), pragma).await,
                writer,
                "{pragma}"
            );
            assert_eq!(
                setting(db.read().await.unwrap(), pragma).await,
                reader,
                "{pragma}"
            );
        }
    }

    #[test]
    fn versions_before_the_fix_are_unsafe() {
        for safe in [
            "3.51.3", "3.51.10", "3.52.0", "3.100.0", "4.0.0", "3.51.3.1",
        ] {
            assert!(sqlite_version_is_safe(safe), "{safe}");
        }
        for unsafe_version in [
            "3.51.2", "3.9.9", "2.99.99", "3.51", "3", "", "3.52.x", "3.52.-1",
        ] {
            assert!(!sqlite_version_is_safe(unsafe_version), "{unsafe_version}");
        }
    }
}
