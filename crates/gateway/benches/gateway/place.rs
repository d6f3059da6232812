//! Where a gateway under test lives: its working directory and an empty database of one engine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use test_database::TestDatabase;

/// Another service of the deployment knows this one.
pub(crate) const INTERNAL_SECRET: &str = "FAKE-internal-secret-of-the-bench-0123456789";

/// What the gateway seals with: the bench seals secrets for it.
pub(crate) const VAULT_KEY: &str = "RkFLRS1iZW5jaC12YXVsdC1rZXktMDEyMzQ1Njc4OTA=";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Gone when it is dropped, but for the schema in the throw-away `PostgreSQL`.
pub(crate) struct Place {
    binary: PathBuf,
    folder: TempDir,
    postgres: Option<TestDatabase>,
}

impl Place {
    pub(crate) async fn new(engine: Engine, binary: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            binary: binary.to_owned(),
            // Under target/, because /tmp may be in memory, where nothing is durable.
            folder: TempDir::with_prefix_in("bench.", env!("CARGO_TARGET_TMPDIR"))?,
            postgres: match engine {
                Engine::Sqlite => None,
                Engine::Postgres => Some(TestDatabase::unmigrated_postgres().await),
            },
        })
    }

    /// `tillgate serve` as an operator would run it, but without request budgets. Its log goes to a file.
    pub(crate) fn serve(&self, bind_addr: &str, stripe_url: &str) -> anyhow::Result<Command> {
        let sqlite = "sqlite://data/tillgate.db";
        let database_url = self.postgres.as_ref().map_or(sqlite, TestDatabase::url);
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_path())?;
        let mut command = Command::new(&self.binary);
        command
            .arg("serve")
            .env_clear()
            .env("BIND_ADDR", bind_addr)
            .env("DATABASE_URL", database_url)
            .env("STRIPE_API_BASE", stripe_url)
            .env("INTERNAL_SECRETS", INTERNAL_SECRET)
            .env("VAULT_KEYS", VAULT_KEY)
            .env("RATE_LIMIT_SCALE", "0")
            .env("LOG_FORMAT", "json")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        Ok(command)
    }

    /// `DATABASE_URL`, for somebody in another folder.
    pub(crate) fn database_url(&self) -> String {
        self.sqlite_path().map_or_else(
            || {
                self.postgres
                    .as_ref()
                    .map_or("", TestDatabase::url)
                    .to_owned()
            },
            |path| format!("sqlite://{path}"),
        )
    }

    /// The file of an `SQLite` database.
    pub(crate) fn sqlite_path(&self) -> Option<String> {
        let path = self.folder.path().join("data/tillgate.db");
        self.postgres.is_none().then(|| path.display().to_string())
    }

    /// The end of the log, for when something went wrong.
    pub(crate) fn last_log_line(&self) -> String {
        let log = std::fs::read_to_string(self.log_path()).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
