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
            DieselError::DatabaseError(_, ref info) if is_deadlock(info.message()) => {
                Self::Serialization(error)
            }
            DieselError::DatabaseError(_, ref info) if is_out_of_service(info.message()) => {
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

/// diesel keeps no SQLSTATE, so what it has no kind for is known by the engine's (English) words.
fn is_deadlock(message: &str) -> bool {
    message.contains("deadlock detected")
}

/// The same, for what passes by itself or when an operator acts.
fn is_out_of_service(message: &str) -> bool {
    [
        // SQLite: result codes BUSY, FULL, IOERR and CANTOPEN.
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        // PostgreSQL: classes 53 (resources), 55P03 and 57 (operator intervention), 25P03.
        "No space left on device",
        "due to lock timeout",
        "due to statement timeout",
        "terminating connection",
        "the database system is",
    ]
    .iter()
    .any(|condition| message.contains(condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> DbError {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned())).into()
    }

    #[test]
    fn a_full_disk_is_the_operators_and_a_deadlock_the_callers() {
        for message in [
            "database or disk is full",
            "could not extend file \"base/5/16384\": No space left on device",
            "canceling statement due to lock timeout",
            "terminating connection due to administrator command",
        ] {
            assert!(
                matches!(refusal(message), DbError::Unavailable(_)),
                "{message}"
            );
        }
        assert!(matches!(
            refusal("deadlock detected"),
            DbError::Serialization(_)
        ));
        assert!(matches!(
            refusal("no such table: stores"),
            DbError::Query(_)
        ));
    }

    #[test]
    fn display_keeps_the_databases_words_to_itself() {
        let error = refusal("row contains sk_test_FAKE");
        assert_eq!(error.to_string(), "the database refused the operation");
    }
}
