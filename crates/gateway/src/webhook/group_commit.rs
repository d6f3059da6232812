//! Webhooks that arrive together share one commit: each is answered only after its batch is on disk.

use std::sync::Arc;
use std::time::Duration;

use db::inbox::{self, NewEvent, Source, Stored};
use db::{Db, DbError, Engine};
use domain::StoreId;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::heard::Heard;
use super::room::{self, Room, Rooms};

/// Events in one commit: enough to amortise the fsync, few enough to keep the write lock short.
const MAX_BATCH: usize = 128;
/// Batches that are written at once on `PostgreSQL`. Two would halve each batch, and a statement costs far more than a row.
const PG_WRITERS: usize = 1;
/// Whoever asks is answered by then; the event may be stored all the same.
const MAX_WAIT: Duration = Duration::from_millis(1_800);

/// Why an event was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Too many wait already, of all stores or of this one, or we are stopping. Stripe tries again.
    #[error("the inbox takes no more events right now")]
    Full,
    /// The database is busy with something else. It may be stored yet.
    #[error("the inbox could not be written in time")]
    Slow,
    /// The batch could not be written.
    #[error("the inbox could not be written")]
    Storage(String),
}

struct Pending {
    event: NewEvent,
    stored: oneshot::Sender<Result<Stored, String>>,
    /// Given back when it is written.
    room: Room,
}

/// The one way into the inbox: what is handed in waits here for the next batch.
pub struct InboxWriter {
    queue: std::sync::Mutex<Option<mpsc::Sender<Pending>>>,
    rooms: Rooms,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl InboxWriter {
    /// Starts the writer's tasks on the current runtime.
    pub fn start(db: &Db) -> Self {
        let (queue, waiting) = mpsc::channel(room::MAX_EVENTS);
        let waiting = Arc::new(Mutex::new(waiting));
        let heard = Arc::new(Heard::default());
        let writers = match db.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => PG_WRITERS,
        };
        let tasks = (0..writers).map(|_| {
            let (waiting, heard) = (Arc::clone(&waiting), Arc::clone(&heard));
            tokio::spawn(write_batches(db.clone(), waiting, heard))
        });
        Self {
            queue: std::sync::Mutex::new(Some(queue)),
            rooms: Rooms::default(),
            tasks: Mutex::new(tasks.collect()),
        }
    }

    /// Stores an event and says whether it was new. When this returns `Ok`, it is on disk.
    pub async fn store(&self, event: NewEvent) -> Result<Stored, InboxError> {
        let room = self.rooms.take(event.store_id, event.payload.bytes.len());
        let (stored, answer) = oneshot::channel();
        let pending = Pending {
            event,
            stored,
            room: room.ok_or(InboxError::Full)?,
        };
        self.sender()
            .ok_or(InboxError::Full)?
            .try_send(pending)
            .map_err(|_| InboxError::Full)?;
        tokio::time::timeout(MAX_WAIT, answer)
            .await
            .map_err(|_| InboxError::Slow)?
            .map_err(|_| InboxError::Full)?
            .map_err(InboxError::Storage)
    }

    /// Whether an event would be refused now.
    pub fn is_full(&self) -> bool {
        self.sender().is_none() || self.rooms.is_full()
    }

    /// Whether an event of this store would be refused now.
    pub fn is_full_for(&self, store_id: StoreId) -> bool {
        self.rooms.is_full_for(store_id)
    }

    /// Writes what waits and stops; later events are refused.
    pub async fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
        for task in self.tasks.lock().await.drain(..) {
            if task.await.is_err() {
                tracing::error!("the inbox writer ended unexpectedly");
            }
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Pending>> {
        self.queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

async fn write_batches(db: Db, waiting: Arc<Mutex<mpsc::Receiver<Pending>>>, heard: Arc<Heard>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    loop {
        // While one batch is being written the next one gathers: under load batches grow by themselves, and a lone
        // event waits for nobody.
        let received = waiting.lock().await.recv_many(&mut batch, MAX_BATCH).await;
        if received == 0 {
            return;
        }
        let mut events = Vec::with_capacity(received);
        let mut answers = Vec::with_capacity(received);
        let mut rooms = Vec::with_capacity(received);
        for pending in batch.drain(..) {
            events.push(pending.event);
            answers.push(pending.stored);
            rooms.push(pending.room);
        }
        let delivered = events
            .iter()
            .filter(|event| event.source == Source::Webhook);
        let touched = heard.due(delivered);
        match inbox::record_delivered(&db, events, touched).await {
            // A caller that has gone away needs no answer; its event is stored all the same.
            Ok(stored) => {
                for (answer, stored) in answers.into_iter().zip(stored) {
                    let _ = answer.send(stored.map_err(|error| report(&error)));
                }
            }
            Err(error) => {
                let report = report(&error);
                for answer in answers {
                    let _ = answer.send(Err(report.clone()));
                }
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
