//! Forgetting events that are done with, a bounded part at a time, and making room for those of the next months.

use jiff::Timestamp;

use crate::conn::Conn;
use crate::dialect::{postgres, sqlite};
use crate::{Db, DbError};

/// How far a pass has come. The next pass begins with a new one.
#[derive(Debug, Default)]
pub struct Progress {
    pub(crate) postgres: postgres::partitions::Progress,
    /// `SQLite`: all rows up to this one were looked at.
    pub(crate) rowid: i64,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// So many events, or whole months on `PostgreSQL`, are gone.
    pub removed: usize,
    /// Whether the pass is over.
    pub is_last: bool,
}

/// Makes the partitions of `now`'s month and of the next two. Returns how many were missing; none on `SQLite`, which has
/// no partitions. Other users of the inbox wait for a moment only: where it is too busy this fails, and is tried later.
pub async fn make_room(db: &Db, now: Timestamp) -> Result<usize, DbError> {
    let mut tx = db.begin().await?;
    let made = match &mut *tx {
        Conn::Pg(conn) => postgres::partitions::make_room(conn, now).await?,
        Conn::Sqlite(_) => 0,
    };
    tx.commit().await?;
    Ok(made)
}

/// Forgets some of the events that are done with (processed or ignored) and that Stripe made before `before`. What is
/// not done with stays, however old: received, in work, waiting, parked.
pub async fn forget(db: &Db, before: Timestamp, progress: &mut Progress) -> Result<Step, DbError> {
    let mut tx = db.begin().await?;
    let step = match &mut *tx {
        Conn::Pg(conn) => {
            postgres::partitions::forget(conn, before, &mut progress.postgres).await?
        }
        Conn::Sqlite(conn) => sqlite::retention::forget(conn, before, &mut progress.rowid).await?,
    };
    tx.commit().await?;
    Ok(step)
}
