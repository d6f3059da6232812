//! The schema's history, embedded in the binary: one numbered history per engine.

use crate::dialect::postgres::LOCK_MIGRATIONS;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_async::AsyncMigrationHarness;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::Conn;
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
    /// Moves the schema and returns the versions that were applied or taken back.
    pub async fn migrate(&self, direction: Direction) -> Result<Vec<String>, DbError> {
        match self.writer().await? {
            Conn::Sqlite(conn) => run::<_, Sqlite>(Object::take(conn), SQLITE, direction).await,
            Conn::Pg(conn) => {
                // The session ends with this connection, and with it the lock, whatever happens in between.
                let mut conn = Conn::Pg(conn);
                conn.batch("SET lock_timeout = 0; SET statement_timeout = 0")
                    .await?;
                conn.batch(LOCK_MIGRATIONS).await?;
                let Conn::Pg(locked) = conn else {
                    unreachable!("the connection was PostgreSQL's a line above")
                };
                let versions = run::<_, Pg>(Object::take(locked), POSTGRES, direction).await;
                versions
            }
        }
    }

    /// Whether every migration that this binary knows has been applied.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        let known = match self.read().await? {
            Conn::Sqlite(_) => versions::<Sqlite>(SQLITE)?,
            Conn::Pg(_) => versions::<Pg>(POSTGRES)?,
        };
        let applied = crate::facts::applied_migrations(&mut self.read().await?).await?;
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
            Direction::DownOne => harness
                .revert_last_migration(source)
                .map(|version| vec![version]),
        };
        versions.map(|list| list.iter().map(ToString::to_string).collect())
    })
    .await
    .map_err(|error| DbError::Corrupt(Box::new(error)))?
    .map_err(DbError::Corrupt)
}

fn versions<DB: diesel::backend::Backend>(
    source: EmbeddedMigrations,
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
