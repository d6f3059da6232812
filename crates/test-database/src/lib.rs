//! Gives each test its own empty database on either engine, so that tests run at once and never meet.
//!
//! Only for tests: what goes wrong here panics, because a test that has no database must fail and say why.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its database fails"
)]

mod backdoor;
mod engines;

use std::path::{Path, PathBuf};

use db::Db;
use db::migrate::Direction;
use tempfile::TempDir;
use uuid::Uuid;

pub use backdoor::{Backdoor, RawError, Rows};

/// Names the server that `scripts/with-postgres` starts.
const SERVER_URL_VAR: &str = "TEST_POSTGRES_URL";

/// A database of one test's own.
///
/// Dropping it removes `SQLite`'s folder. A schema in `PostgreSQL` stays, because its whole cluster is thrown away.
pub struct TestDatabase {
    /// The database, as the gateway sees it.
    pub db: Db,
    url: String,
    backdoor: Backdoor,
    folder: Option<TempDir>,
}

impl TestDatabase {
    /// A migrated `SQLite` database in a folder of its own.
    pub async fn sqlite() -> Self {
        Self::unmigrated_sqlite().await.migrated().await
    }

    /// A migrated schema of its own in the `PostgreSQL` that `TEST_POSTGRES_URL` names.
    pub async fn postgres() -> Self {
        Self::unmigrated_postgres().await.migrated().await
    }

    /// Like [`TestDatabase::sqlite`], without any table.
    pub async fn unmigrated_sqlite() -> Self {
        let folder = TempDir::with_prefix("tillgate-db.").expect("a temporary folder");
        let path = folder.path().join("tillgate.db");
        let url = format!("sqlite://{}", path.display());
        Self {
            db: Db::open(&url).await.expect("a new SQLite file opens"),
            backdoor: Backdoor::sqlite(&path),
            url,
            folder: Some(folder),
        }
    }

    /// Like [`TestDatabase::postgres`], without any table.
    pub async fn unmigrated_postgres() -> Self {
        let server_url = std::env::var(SERVER_URL_VAR).unwrap_or_else(|_| {
            panic!("{SERVER_URL_VAR} is not set: run through `make test`, or scripts/with-postgres")
        });
        let schema = format!("t_{}", Uuid::now_v7().simple());
        let separator = if server_url.contains('?') { '&' } else { '?' };
        let url = format!("{server_url}{separator}options=-csearch_path%3D{schema}");
        let backdoor = Backdoor::postgres(&url).await;
        backdoor
            .raw(&format!("CREATE SCHEMA {schema}"))
            .await
            .expect("a new schema");
        Self {
            db: Db::open(&url).await.expect("PostgreSQL answers"),
            url,
            backdoor,
            folder: None,
        }
    }

    /// What `DATABASE_URL` would be, for a second gateway on the same database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `SQLite`'s file; `None` on `PostgreSQL`.
    pub fn path(&self) -> Option<PathBuf> {
        self.folder().map(|folder| folder.join("tillgate.db"))
    }

    /// The folder of `SQLite`'s file, free for a test's other files; `None` on `PostgreSQL`.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(TempDir::path)
    }

    /// Runs one SQL statement past all of our code, to tamper or to inspect. Values come back as text, as the engine
    /// writes it.
    pub async fn raw(&self, sql: &str) -> Result<Rows, RawError> {
        self.backdoor.raw(sql).await
    }

    async fn migrated(self) -> Self {
        self.db
            .migrate(Direction::Up)
            .await
            .expect("an empty database migrates");
        self
    }
}
