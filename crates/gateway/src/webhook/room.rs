//! Room for events that wait to be written: bounded for all, and for each store, so that one that floods leaves room for the
//! others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::StoreId;

/// Events that wait or are being written; past it Stripe is asked to come back.
pub(super) const MAX_EVENTS: usize = 2048;
/// Their bytes. One event has at most 1 MiB and usually 1 KiB.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// One store may have this part of both.
const SHARE: usize = 4;

#[derive(Debug, Default, Clone, Copy)]
struct Taken {
    events: usize,
    bytes: usize,
}

impl Taken {
    fn fits(self, bytes: usize, part: usize) -> bool {
        self.events < MAX_EVENTS / part && self.bytes.saturating_add(bytes) <= MAX_BYTES / part
    }

    fn add(&mut self, bytes: usize) {
        self.events += 1;
        self.bytes += bytes;
    }

    fn give_back(&mut self, bytes: usize) {
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// What is taken. Stores that wait for nothing take no room here either.
#[derive(Debug, Default)]
struct State {
    all: Taken,
    stores: HashMap<StoreId, Taken>,
}

impl State {
    fn of_store(&self, store_id: StoreId) -> Taken {
        self.stores.get(&store_id).copied().unwrap_or_default()
    }
}

/// The room of one gateway.
#[derive(Debug, Clone, Default)]
pub(super) struct Rooms(Arc<Mutex<State>>);

impl Rooms {
    /// Room for one event, if there is some for its store.
    pub(super) fn take(&self, store_id: StoreId, bytes: usize) -> Option<Room> {
        let mut state = self.lock();
        if !state.all.fits(bytes, 1) || !state.of_store(store_id).fits(bytes, SHARE) {
            return None;
        }
        state.all.add(bytes);
        state.stores.entry(store_id).or_default().add(bytes);
        drop(state);
        Some(Room {
            rooms: self.clone(),
            store_id,
            bytes,
        })
    }

    /// Whether no store gets any.
    pub(super) fn is_full(&self) -> bool {
        !self.lock().all.fits(1, 1)
    }

    /// Whether this store gets none.
    pub(super) fn is_full_for(&self, store_id: StoreId) -> bool {
        !self.lock().of_store(store_id).fits(1, SHARE)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is whole, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event's room, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    rooms: Rooms,
    store_id: StoreId,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.rooms.lock();
        state.all.give_back(self.bytes);
        if let Some(store) = state.stores.get_mut(&self.store_id) {
            store.give_back(self.bytes);
            if store.events == 0 {
                state.stores.remove(&self.store_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(rooms: &Rooms, store_id: StoreId, bytes: usize) -> Vec<Room> {
        std::iter::from_fn(|| rooms.take(store_id, bytes)).collect()
    }

    #[test]
    fn a_flood_has_a_quarter_of_the_places_and_leaves_the_rest() {
        let rooms = Rooms::default();
        let (flood, other) = (StoreId::generate(), StoreId::generate());
        let mut taken = take_all(&rooms, flood, 1000);
        assert_eq!(taken.len(), MAX_EVENTS / SHARE);
        assert!(rooms.is_full_for(flood) && !rooms.is_full_for(other) && !rooms.is_full());
        assert!(rooms.take(other, 1000).is_some());
        taken.pop();
        assert!(!rooms.is_full_for(flood));
        assert!(rooms.take(flood, 1000).is_some());
    }

    #[test]
    fn a_flood_has_a_quarter_of_the_bytes() {
        let rooms = Rooms::default();
        let (flood, other) = (StoreId::generate(), StoreId::generate());
        let taken = take_all(&rooms, flood, 1024 * 1024);
        assert_eq!(taken.len(), 8);
        assert!(rooms.is_full_for(flood));
        assert!(rooms.take(other, 1024 * 1024).is_some());
    }

    #[test]
    fn all_of_it_is_bounded_and_comes_back() {
        let rooms = Rooms::default();
        let full = |bytes| -> Vec<Room> {
            let stores = (0..2 * SHARE).map(|_| StoreId::generate());
            stores
                .flat_map(|store| take_all(&rooms, store, bytes))
                .collect()
        };
        assert_eq!(full(1).len(), MAX_EVENTS);
        assert_eq!(full(1024 * 1024).len(), 32);
        let taken = full(1);
        assert!(rooms.is_full());
        drop(taken);
        assert!(!rooms.is_full());
        assert!(rooms.lock().stores.is_empty());
    }
}
