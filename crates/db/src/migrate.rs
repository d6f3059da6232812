//! The schema's history, embedded in the binary: one numbered history per engine.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, sql_query};
use diesel_async::AsyncMigrationHarness;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_migrations::{EmbeddedMigrations, MigrationError, MigrationHarness, embed_migrations};

use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::{Db, DbError};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to do with the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Apply everything that is missing.
    Up,
    /// Take the newest applied migration back. Its tables' data is gone.
    DownOne,
}

impl Db {
    /// Moves the schema and returns the versions that were applied or taken back: none where there was nothing to do.
    pub async fn migrate(&self, direction: Direction) -> Result<Vec<String>, DbError> {
        match self.writer().await? {
            Conn::Sqlite(conn) => run::<_, Sqlite>(Object::take(conn), SQLITE, direction).await,
            Conn::Pg(conn) => {
                // The session ends with this connection, and with it the lock, whatever happens in between.
                let mut conn = Conn::Pg(conn);
                conn.batch("SET lock_timeout = 0; SET statement_timeout = 0")
                    .await?;
                conn.batch(postgres::LOCK_MIGRATIONS).await?;
                let Conn::Pg(locked) = conn else {
                    unreachable!("the connection was PostgreSQL's a line above")
                };
                run::<_, Pg>(Object::take(locked), POSTGRES, direction).await
            }
        }
    }

    /// Whether no migration has been applied yet: there are no tables.
    pub async fn is_empty(&self) -> Result<bool, DbError> {
        Ok(applied(&mut self.read().await?).await?.is_empty())
    }

    /// Whether every migration that this binary knows has been applied.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        let mut conn = self.read().await?;
        let known = match conn {
            Conn::Sqlite(_) => versions::<Sqlite>(&SQLITE)?,
            Conn::Pg(_) => versions::<Pg>(&POSTGRES)?,
        };
        let applied = applied(&mut conn).await?;
        Ok(known.iter().all(|version| applied.contains(version)))
    }
}

async fn run<C, DB>(
    conn: C,
    source: EmbeddedMigrations,
    direction: Direction,
) -> Result<Vec<String>, DbError>
where
    DB: diesel::backend::Backend,
    C: Send + 'static,
    AsyncMigrationHarness<C>: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
    C: diesel_async::AsyncConnection<Backend = DB>,
{
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let versions: Result<Vec<MigrationVersion<'_>>, Failure> = match direction {
            Direction::Up => harness.run_pending_migrations(source),
            Direction::DownOne => match harness.revert_last_migration(source) {
                Ok(version) => Ok(vec![version]),
                Err(error) if is_nothing_applied(&error) => Ok(Vec::new()),
                Err(error) => Err(error),
            },
        };
        versions.map(|list| list.iter().map(ToString::to_string).collect())
    })
    .await
    .map_err(|error| DbError::Corrupt(Box::new(error)))?
    .map_err(refused)
}

/// A server that went away between two migrations is not a broken history. What fails inside of one has a type that
/// diesel keeps to itself.
fn refused(failure: Failure) -> DbError {
    match failure.downcast::<DieselError>() {
        Ok(error) => (*error).into(),
        Err(failure) => DbError::Corrupt(failure),
    }
}

fn versions<DB: diesel::backend::Backend>(
    source: &EmbeddedMigrations,
) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(DbError::Corrupt)?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}

fn is_nothing_applied(error: &Failure) -> bool {
    matches!(
        error.downcast_ref::<MigrationError>(),
        Some(MigrationError::NoMigrationRun)
    )
}

#[derive(QueryableByName)]
struct History {
    #[diesel(sql_type = Bool)]
    present: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions in diesel's own history table; none where the database is empty.
async fn applied(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let has_history = match conn {
        Conn::Sqlite(_) => sqlite::HAS_HISTORY,
        Conn::Pg(_) => postgres::HAS_HISTORY,
    };
    let history: History = sql_query(has_history).get_result(conn).await?;
    if !history.present {
        return Ok(Vec::new());
    }
    let rows: Vec<Applied> = sql_query("SELECT version FROM __diesel_schema_migrations")
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
