//! The state in a file, so that it outlives the sandbox.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::state::{Keys, Ledger, Shared, World};

/// How long a change may wait to be written; a sandbox that is killed outright loses no more.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Writing takes at most one part in so many of the time.
const SHARE: u32 = 20;
/// The form of the file; a file of another form is refused.
const VERSION: u32 = 1;

/// A file that belongs to this sandbox alone until it stops.
pub(crate) struct StateFile {
    path: PathBuf,
    /// Held locked: two sandboxes would overwrite each other's work.
    _lock: File,
}

/// What the file holds.
#[derive(Deserialize)]
pub(crate) struct Saved {
    version: u32,
    pub(super) keys: Keys,
    pub(super) ledgers: Vec<Ledger>,
}

#[derive(Serialize)]
struct Saving<'a> {
    version: u32,
    keys: &'a Keys,
    ledgers: Vec<&'a Ledger>,
}

impl StateFile {
    /// Takes the file, and reads what an earlier sandbox left in it.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Option<Saved>), Error> {
        let failed = |problem: String| Error::State {
            path: path.clone(),
            problem,
        };
        let lock_path = beside(&path, "lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|error| failed(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::StateInUse { path });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error.to_string())),
        }
        let saved = match std::fs::read(&path) {
            Ok(bytes) => Some(read(&bytes).map_err(failed)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok((Self { path, _lock: lock }, saved))
    }

    /// Replaces the file whole: a sandbox that dies half-way leaves the file before it.
    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(new, &self.path)
    }
}

fn read(bytes: &[u8]) -> Result<Saved, String> {
    let saved: Saved = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is not a sandbox's state: {error}"))?;
    if saved.version == VERSION {
        Ok(saved)
    } else {
        Err(format!(
            "it has form {}, and this sandbox reads form {VERSION}",
            saved.version
        ))
    }
}

/// `state.json` → `state.json.lock`
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Writes what has changed, now and again, until it is aborted.
pub(crate) async fn keep(shared: Arc<Shared>, file: Arc<StateFile>) {
    let mut pause = WRITE_EVERY;
    loop {
        tokio::time::sleep(pause).await;
        if !shared.take_touched() {
            continue;
        }
        let started = tokio::time::Instant::now();
        let (shared, file) = (Arc::clone(&shared), Arc::clone(&file));
        // A panic would have been reported by then; the next round tries again.
        let _ = tokio::task::spawn_blocking(move || save(&shared, &file)).await;
        // A large state is written less often: requests wait while it is read.
        pause = WRITE_EVERY.max(started.elapsed() * SHARE);
    }
}

/// Writes the state as it is now.
pub(crate) fn save(shared: &Shared, file: &StateFile) {
    let bytes = to_bytes(&shared.world_unseen());
    let written = bytes.map_err(std::io::Error::other);
    if let Err(error) = written.and_then(|bytes| file.write(&bytes)) {
        // It is tried again after the next change.
        tracing::error!(path = %file.path.display(), %error, "the sandbox's state was not written");
    }
}

fn to_bytes(world: &World) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Saving {
        version: VERSION,
        keys: &world.keys,
        ledgers: world.ledgers.values().collect(),
    })
}
