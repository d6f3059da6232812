//! The seam between one query text and two engines.
//!
//! diesel's own async `MultiConnection` is not released and knows no `ON CONFLICT`; this is the part of it that we
//! need. A query that compiles against `RunQueryDsl` is valid on both engines.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use diesel::result::{Error as DieselError, OptionalExtension};
use diesel::sqlite::SqliteConnection;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use crate::DbError;
use crate::background::Background;

pub(crate) type SqliteConn = SyncConnectionWrapper<SqliteConnection, Background>;
pub(crate) type PgConn = AsyncPgConnection;

/// A pooled connection to one of the two engines.
#[expect(
    clippy::large_enum_variant,
    reason = "moved twice a request; a box would be an allocation each time"
)]
pub enum Conn {
    /// `PostgreSQL`.
    Pg(Object<PgConn>),
    /// `SQLite`: the one writer or one of the readers.
    Sqlite(Object<SqliteConn>),
}

impl Conn {
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        match self {
            Self::Pg(conn) => conn.batch_execute(sql).await?,
            Self::Sqlite(conn) => conn.batch_execute(sql).await?,
        }
        Ok(())
    }

    /// Gives the connection back to its pool, or closes it after a failure: whatever state it is in then.
    pub(crate) fn end<T>(self, outcome: Result<T, DbError>) -> Result<T, DbError> {
        if outcome.is_err() {
            self.close();
        }
        outcome
    }

    /// Closes the connection instead of giving it back to its pool.
    pub(crate) fn close(self) {
        match self {
            Self::Pg(conn) => drop(Object::take(conn)),
            Self::Sqlite(conn) => drop(Object::take(conn)),
        }
    }
}

/// An open transaction. Dropping it without [`Tx::commit`] closes the connection: a handler's future is dropped when
/// its client leaves, and a pooled connection with an open `BEGIN IMMEDIATE` would lock every later writer out.
pub struct Tx(Option<Conn>);

impl Tx {
    pub(crate) async fn begin(conn: Conn) -> Result<Self, DbError> {
        let begin = match conn {
            Conn::Pg(_) => "BEGIN",
            // Takes the write lock at once, so that a transaction never fails half-way for want of it.
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
        };
        // In the guard before BEGIN runs: a future that is dropped meanwhile must not return it to the pool either.
        let mut tx = Self(Some(conn));
        tx.batch(begin).await?;
        Ok(tx)
    }

    /// Makes the transaction's changes durable and gives the connection back. On `PostgreSQL` it fails if a statement
    /// in it failed, even where the caller went on.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let commit = match *self {
            // To the COMMIT of a failed transaction PostgreSQL answers with success and rolls back; to the SELECT it
            // says so, and then does not look at the COMMIT.
            Conn::Pg(_) => "SELECT 1; COMMIT",
            Conn::Sqlite(_) => "COMMIT",
        };
        // A failed or cancelled COMMIT leaves the connection in the guard, which closes it.
        self.batch(commit).await?;
        drop(self.0.take());
        Ok(())
    }

    /// Gives up the transaction's changes and gives the connection back: for who found that somebody else was first.
    /// Opening a connection anew would cost more than the transaction did.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        self.batch("ROLLBACK").await?;
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            conn.close();
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "the connection is taken only by commit, which consumes the guard, and by drop"
)]
impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.0
            .as_ref()
            .expect("an open transaction has its connection")
    }
}

#[expect(
    clippy::expect_used,
    reason = "the connection is taken only by commit, which consumes the guard, and by drop"
)]
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        self.0
            .as_mut()
            .expect("an open transaction has its connection")
    }
}

/// Runs a query on whichever engine the connection is of.
pub(crate) trait RunQueryDsl: Sized + Send {
    /// Runs a statement; the number of rows that it changed.
    fn execute(self, conn: &mut Conn) -> impl Future<Output = Result<usize, DbError>> + Send
    where
        Self: ExecuteDsl<PgConn> + ExecuteDsl<SqliteConn>,
    {
        async move {
            Ok(match conn {
                Conn::Pg(conn) => <Self as ExecuteDsl<PgConn>>::execute(self, conn).await?,
                Conn::Sqlite(conn) => <Self as ExecuteDsl<SqliteConn>>::execute(self, conn).await?,
            })
        }
    }

    /// All rows.
    fn load<'query, U>(
        self,
        conn: &mut Conn,
    ) -> impl Future<Output = Result<Vec<U>, DbError>> + Send
    where
        U: Send + 'query,
        Self: LoadQuery<'query, PgConn, U> + LoadQuery<'query, SqliteConn, U> + 'query,
    {
        async move {
            use diesel_async::RunQueryDsl as Engine;
            Ok(match conn {
                Conn::Pg(conn) => Engine::load::<U>(self, &mut **conn).await?,
                Conn::Sqlite(conn) => Engine::load::<U>(self, &mut **conn).await?,
            })
        }
    }

    /// The first row; an error where there is none.
    fn get_result<'query, U>(
        self,
        conn: &mut Conn,
    ) -> impl Future<Output = Result<U, DbError>> + Send
    where
        U: Send + 'query,
        Self: LoadQuery<'query, PgConn, U> + LoadQuery<'query, SqliteConn, U> + 'query,
    {
        async move {
            self.load(conn)
                .await?
                .into_iter()
                .next()
                .ok_or(DbError::Query(DieselError::NotFound))
        }
    }

    /// The first row, if there is one.
    fn first<'query, U>(
        self,
        conn: &mut Conn,
    ) -> impl Future<Output = Result<Option<U>, DbError>> + Send
    where
        U: Send + 'query,
        Self: LoadQuery<'query, PgConn, U> + LoadQuery<'query, SqliteConn, U> + 'query,
    {
        async move {
            match self.load(conn).await {
                Ok(rows) => Ok(rows.into_iter().next()),
                Err(DbError::Query(error)) => Err(error).optional().map_err(DbError::from),
                Err(error) => Err(error),
            }
        }
    }
}

impl<T: Send> RunQueryDsl for T {}
