//! Webhooks that arrive together share one commit: each is answered only after its batch is on disk.

use db::inbox::{self, NewEvent, Stored};
use db::{Db, DbError};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Events that wait for the writer. Bodies are at most 1 MiB, so this also bounds the memory; past it Stripe is
/// asked to come back.
const MAX_QUEUED: usize = 256;
/// Events in one commit: enough to amortise the fsync, few enough to keep the write lock short.
const MAX_BATCH: usize = 128;

/// Why an event was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Too many wait already, or we are stopping. Stripe tries again.
    #[error("the inbox takes no more events right now")]
    Full,
    /// The batch could not be written.
    #[error("the inbox could not be written")]
    Storage(String),
}

struct Pending {
    event: NewEvent,
    stored: oneshot::Sender<Result<Stored, String>>,
}

/// The one writer of the inbox.
pub struct InboxWriter {
    queue: std::sync::Mutex<Option<mpsc::Sender<Pending>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl InboxWriter {
    /// Starts the writer's task on the current runtime.
    pub fn start(db: Db) -> Self {
        let (queue, waiting) = mpsc::channel(MAX_QUEUED);
        let task = tokio::spawn(write_batches(db, waiting));
        Self {
            queue: std::sync::Mutex::new(Some(queue)),
            task: Mutex::new(Some(task)),
        }
    }

    /// Stores an event and says whether it was new. When this returns `Ok`, it is on disk.
    pub async fn store(&self, event: NewEvent) -> Result<Stored, InboxError> {
        let (stored, answer) = oneshot::channel();
        self.sender()
            .ok_or(InboxError::Full)?
            .try_send(Pending { event, stored })
            .map_err(|_| InboxError::Full)?;
        answer
            .await
            .map_err(|_| InboxError::Full)?
            .map_err(InboxError::Storage)
    }

    /// Writes what waits and stops; later events are refused.
    pub async fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
        if let Some(task) = self.task.lock().await.take()
            && task.await.is_err()
        {
            tracing::error!("the inbox writer ended unexpectedly");
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Pending>> {
        self.queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

async fn write_batches(db: Db, mut waiting: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    // While one batch is being written the next one gathers: under load batches grow by themselves, and a lone
    // event waits for nobody.
    while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (events, answers): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|pending| (pending.event, pending.stored))
            .unzip();
        match inbox::record(&db, events).await {
            // A caller that has gone away needs no answer; its event is stored all the same.
            Ok(stored) => answers
                .into_iter()
                .zip(stored)
                .for_each(|(answer, stored)| {
                    let _ = answer.send(Ok(stored));
                }),
            Err(error) => {
                let report = report(&error);
                answers.into_iter().for_each(|answer| {
                    let _ = answer.send(Err(report.clone()));
                });
            }
        }
    }
}

fn report(error: &DbError) -> String {
    let cause = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("{error}: {cause}")
}
