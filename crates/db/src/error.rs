//! What can go wrong in storage, by what the caller does next.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A failed storage operation. `Display` never repeats the database's own text; the source keeps it for logs.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique constraint refused the row: somebody else was first. Read again and decide.
    #[error("a row with this key exists already")]
    Conflict(#[source] DieselError),
    /// Another transaction was in the way. Run the whole function again, a bounded number of times.
    #[error("the transaction collided with another one")]
    Serialization(#[source] DieselError),
    /// The database cannot be reached or has no connection free in time. Answer 503.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was read is not what this version writes.
    #[error("a stored value cannot be read")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Everything else: a bug or a broken database.
    #[error("the database refused the operation")]
    Query(#[source] DieselError),
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::Conflict(error)
            }
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Self::Serialization(error)
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            ) => Self::Unavailable(Box::new(error)),
            DieselError::DatabaseError(_, ref info) if is_busy(info.message()) => {
                Self::Unavailable(Box::new(error))
            }
            DieselError::DeserializationError(source) => Self::Corrupt(source),
            _ => Self::Query(error),
        }
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for DbError {
    fn from(error: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// `SQLite` and `PostgreSQL` report these conditions only as text through diesel.
fn is_busy(message: &str) -> bool {
    [
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "terminating connection",
        "deadlock detected",
        "statement timeout",
    ]
    .iter()
    .any(|condition| message.contains(condition))
}
