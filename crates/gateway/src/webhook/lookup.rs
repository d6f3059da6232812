//! Questions for stores' signing secrets that come together are asked together: a webhook for a store that was not heard of
//! lately costs its share of two questions to the database, however many stores there are.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use db::webhook_secrets::WebhookSecret;
use domain::StoreId;
use tokio::sync::oneshot;

use crate::app::App;
use crate::error::ApiError;

/// Stores that are asked about at once.
const MAX_STORES: usize = 128;

/// What the database says of a store.
pub(super) struct Found {
    /// Its valid secrets, newest first; `None` if there is no such store.
    pub(super) secrets: Option<Vec<WebhookSecret>>,
    /// When it was asked.
    pub(super) read_at: Instant,
}

struct Waiting {
    store_id: StoreId,
    answer: oneshot::Sender<Found>,
}

/// Gathers the questions while one is being answered.
#[derive(Default)]
pub(super) struct Lookup {
    waiting: Mutex<Vec<Waiting>>,
    asking: tokio::sync::Mutex<()>,
}

impl Lookup {
    /// What the database says of the store now.
    pub(super) async fn ask(&self, app: &App, store_id: StoreId) -> Result<Found, ApiError> {
        let (answer, mut answered) = oneshot::channel();
        self.lock().push(Waiting { store_id, answer });
        loop {
            // Whoever asks, asks for all who wait; the others find their answer when they get here.
            let _asking = self.asking.lock().await;
            match answered.try_recv() {
                Ok(found) => return Ok(found),
                Err(oneshot::error::TryRecvError::Empty) => {}
                // Whoever asked for us failed or was dropped.
                Err(oneshot::error::TryRecvError::Closed) => {
                    let (answer, again) = oneshot::channel();
                    answered = again;
                    self.lock().push(Waiting { store_id, answer });
                }
            }
            self.answer_all(app).await?;
        }
    }

    async fn answer_all(&self, app: &App) -> Result<(), ApiError> {
        let waiting: Vec<Waiting> = {
            let mut all = self.lock();
            let taken = all.len().min(MAX_STORES);
            let rest = all.split_off(taken);
            mem::replace(&mut *all, rest)
        };
        let wanted: HashSet<StoreId> = waiting.iter().map(|waiting| waiting.store_id).collect();
        let wanted: Vec<StoreId> = wanted.into_iter().collect();
        let read_at = Instant::now();
        let mut conn = app.db.read().await?;
        let existing = db::stores::find_existing(&mut conn, &wanted).await?;
        let stored =
            db::webhook_secrets::list_valid_of_stores(&mut conn, &wanted, app.now()).await?;
        drop(conn);
        let mut found: HashMap<StoreId, Vec<WebhookSecret>> = existing
            .into_iter()
            .map(|store_id| (store_id, Vec::new()))
            .collect();
        for (store_id, secret) in stored {
            found.entry(store_id).or_default().push(secret);
        }
        for Waiting { store_id, answer } in waiting {
            let secrets = found.get(&store_id).cloned();
            // Whoever has gone away needs no answer.
            let _ = answer.send(Found { secrets, read_at });
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        // Every change is one call on the list: a panic leaves it whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
