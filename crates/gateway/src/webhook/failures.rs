//! Webhooks that were refused or without effect because of the wrong secret, counted until the health check takes them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Mode, StoreId};

/// Stores that are counted for at once: anybody may send wrong signatures to every store.
const MAX_STORES: usize = 4096;

/// What went wrong for a store since it was taken last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// Signatures that none of the store's secrets made. Whoever knows the URL can cause them: alone they prove nothing.
    pub wrong_signatures: u32,
    /// Events of live mode under the secret of a test connection.
    pub live_under_test: u32,
    /// Events of test mode under the secret of a live connection.
    pub test_under_live: u32,
}

/// Counts by store, in the memory of this process.
#[derive(Debug, Default)]
pub struct WebhookFailures(Mutex<HashMap<StoreId, Failures>>);

impl WebhookFailures {
    /// What was counted for the store; counts from zero again.
    pub fn take(&self, store_id: StoreId) -> Failures {
        self.lock().remove(&store_id).unwrap_or_default()
    }

    /// A signature fitted none of the store's secrets.
    pub(super) fn wrong_signature(&self, store_id: StoreId) {
        self.count(store_id, |failures| &mut failures.wrong_signatures);
    }

    /// The secret of this mode's connection signed an event of the other mode.
    pub(super) fn wrong_mode(&self, store_id: StoreId, mode: Mode) {
        self.count(store_id, |failures| match mode {
            Mode::Test => &mut failures.live_under_test,
            Mode::Live => &mut failures.test_under_live,
        });
    }

    fn count(&self, store_id: StoreId, which: impl Fn(&mut Failures) -> &mut u32) {
        let mut stores = self.lock();
        if stores.len() < MAX_STORES || stores.contains_key(&store_id) {
            let count = which(stores.entry(store_id).or_default());
            *count = count.saturating_add(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreId, Failures>> {
        // Counts are no worse for a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_store_until_they_are_taken() {
        let failures = WebhookFailures::default();
        let (store_id, other) = (StoreId::generate(), StoreId::generate());
        failures.wrong_signature(store_id);
        failures.wrong_signature(store_id);
        failures.wrong_mode(store_id, Mode::Test);
        failures.wrong_mode(other, Mode::Live);
        let expected = Failures {
            wrong_signatures: 2,
            live_under_test: 1,
            test_under_live: 0,
        };
        assert_eq!(failures.take(store_id), expected);
        assert_eq!(failures.take(store_id), Failures::default());
        assert_eq!(failures.take(other).test_under_live, 1);
    }

    #[test]
    fn made_up_failures_do_not_pile_up() {
        let failures = WebhookFailures::default();
        let first = StoreId::generate();
        failures.wrong_signature(first);
        (0..2 * MAX_STORES).for_each(|_| failures.wrong_signature(StoreId::generate()));
        failures.wrong_signature(first);
        assert_eq!(failures.lock().len(), MAX_STORES);
        assert_eq!(failures.take(first).wrong_signatures, 2);
    }
}
