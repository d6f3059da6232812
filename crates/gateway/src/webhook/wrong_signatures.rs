//! Webhooks that were refused because no secret of the store signed them, counted until the health check takes them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::StoreId;

/// Stores that are counted for at once: anybody may send wrong signatures to every store.
const MAX_STORES: usize = 4096;

/// Wrong signatures by store, in the memory of this process. Whoever knows the URL can cause them: alone they prove nothing.
#[derive(Debug, Default)]
pub struct WrongSignatures(Mutex<HashMap<StoreId, u32>>);

impl WrongSignatures {
    /// How many were counted for the store since they were taken last; counts from zero again.
    pub fn take(&self, store_id: StoreId) -> u32 {
        self.lock().remove(&store_id).unwrap_or_default()
    }

    /// A signature fitted none of the store's secrets.
    pub(super) fn count(&self, store_id: StoreId) {
        let mut stores = self.lock();
        if stores.len() < MAX_STORES || stores.contains_key(&store_id) {
            let count = stores.entry(store_id).or_default();
            *count = count.saturating_add(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreId, u32>> {
        // Counts are no worse for a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_signatures_are_counted_by_store_until_they_are_taken() {
        let wrong = WrongSignatures::default();
        let (store_id, other) = (StoreId::generate(), StoreId::generate());
        wrong.count(store_id);
        wrong.count(store_id);
        wrong.count(other);
        assert_eq!((wrong.take(store_id), wrong.take(store_id)), (2, 0));
        assert_eq!(wrong.take(other), 1);
    }

    #[test]
    fn those_that_are_made_up_do_not_pile_up() {
        let wrong = WrongSignatures::default();
        let first = StoreId::generate();
        wrong.count(first);
        (0..2 * MAX_STORES).for_each(|_| wrong.count(StoreId::generate()));
        wrong.count(first);
        assert_eq!(wrong.lock().len(), MAX_STORES);
        assert_eq!(wrong.take(first), 2);
    }
}
