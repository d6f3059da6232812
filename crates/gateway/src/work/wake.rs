//! Who tells the workers that there is something to do: remembered in memory only, because the database knows it too.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use domain::StoreId;
use tokio::sync::{Notify, watch};

/// Stores that are remembered at once; past it the inbox worker's own scan finds them.
const MAX_HINTS: usize = 10_000;

/// Wakes the inbox worker for a store, and the regular jobs for everybody.
pub struct Wakes {
    hints: Mutex<HashSet<StoreId>>,
    hinted: Notify,
    jobs: watch::Sender<u64>,
}

impl Default for Wakes {
    fn default() -> Self {
        Self {
            hints: Mutex::default(),
            hinted: Notify::new(),
            jobs: watch::Sender::new(0),
        }
    }
}

impl Wakes {
    /// The store has events that are due now.
    pub fn wake(&self, store_id: StoreId) {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        if hints.len() < MAX_HINTS {
            hints.insert(store_id);
        }
        drop(hints);
        self.hinted.notify_one();
    }

    /// A job of some connection is due now, earlier than it was planned.
    pub fn wake_jobs(&self) {
        self.jobs
            .send_modify(|round| *round = round.wrapping_add(1));
    }

    /// The stores that [`Wakes::wake`] named since the last call.
    pub(super) fn take_hints(&self) -> HashSet<StoreId> {
        std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when there are hints; for one caller at a time.
    pub(super) async fn hinted(&self) {
        self.hinted.notified().await;
    }

    /// Changes with each [`Wakes::wake_jobs`].
    pub(super) fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hints_are_kept_until_taken_and_bounded() {
        let wakes = Wakes::default();
        let store_id = StoreId::generate();
        wakes.wake(store_id);
        wakes.wake(store_id);
        wakes.hinted().await;
        assert_eq!(wakes.take_hints(), HashSet::from([store_id]));
        assert!(wakes.take_hints().is_empty());
        for _ in 0..=MAX_HINTS {
            wakes.wake(StoreId::generate());
        }
        assert_eq!(wakes.take_hints().len(), MAX_HINTS);
    }
}
