//! What the workers of one gateway keep in memory: who has something to do, and whom Stripe does not answer. Only hints:
//! the database knows what there is, and another gateway finds out for itself.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use db::inbox::retention::Progress;
use domain::StoreId;
use tokio::sync::{Notify, watch};

use super::inbox::breaker::Breakers;

/// Stores that are remembered at once; past it the inbox worker's own scan finds them.
const MAX_HINTS: usize = 10_000;

/// Wakes the inbox worker for a store and the regular jobs for everybody, and remembers the breakers.
pub struct WorkState {
    hints: Mutex<HashSet<StoreId>>,
    hinted: Notify,
    jobs: watch::Sender<u64>,
    pub(super) breakers: Mutex<Breakers>,
    /// The pass of pruning that is under way here.
    pub(super) pruning: tokio::sync::Mutex<Option<Progress>>,
}

impl Default for WorkState {
    fn default() -> Self {
        Self {
            hints: Mutex::default(),
            hinted: Notify::new(),
            jobs: watch::Sender::new(0),
            breakers: Mutex::default(),
            pruning: tokio::sync::Mutex::default(),
        }
    }
}

impl WorkState {
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

    /// The stores that [`WorkState::wake`] named since the last call.
    pub(super) fn take_hints(&self) -> HashSet<StoreId> {
        std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when there are hints; for one caller at a time.
    pub(super) async fn hinted(&self) {
        self.hinted.notified().await;
    }

    /// Changes with each [`WorkState::wake_jobs`].
    pub(super) fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hints_are_kept_until_taken_and_bounded() {
        let wakes = WorkState::default();
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
