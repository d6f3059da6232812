//! What survives a gateway: its working directory and its database.

use std::path::PathBuf;

use tempfile::TempDir;
use test_database::Backdoor;

use crate::cluster::Cluster;

/// Removed at the end, unless the test fails: then it is kept and named.
pub(crate) struct Ground {
    folder: Option<TempDir>,
    /// The PostgreSQL server; none on SQLite.
    pub(crate) cluster: Option<Cluster>,
}

impl Ground {
    pub(crate) fn sqlite() -> Self {
        Self {
            folder: Some(folder()),
            cluster: None,
        }
    }

    pub(crate) async fn postgres(seed: u64) -> Self {
        Self {
            folder: Some(folder()),
            cluster: Some(Cluster::start(seed).await),
        }
    }

    pub(crate) fn engine(&self) -> &'static str {
        if self.cluster.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }

    /// The gateways' working directory, with their secrets and logs.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = self.folder.as_ref().expect("only dropping takes it");
        folder.path().to_owned()
    }

    pub(crate) fn database_url(&self) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite://{}", self.folder().join("tillgate.db").display()),
        }
    }

    /// The database, past the gateways.
    pub(crate) async fn inspect(&self) -> Backdoor {
        Backdoor::open(&self.database_url()).await
    }
}

/// On a disk, where something is durable: `/tmp` may be in memory.
fn folder() -> TempDir {
    TempDir::with_prefix_in("crash.", env!("CARGO_TARGET_TMPDIR")).unwrap()
}

impl Drop for Ground {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            let words = format!("the gateways' logs are kept in {}\n", kept.display());
            let _ = std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes());
        }
    }
}
