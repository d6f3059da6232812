//! Whose turn it is: each store in turn gets one of the free slots, and none gets more than its share.
//!
//! Only memory: what stands here is a guess about what the database holds, and the scan mends it.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use db::inbox::Wanted;
use domain::StoreId;
use jiff::Timestamp;

use super::breaker::Admission;

/// Events in work at once. Each waits mostly for Stripe.
pub(super) const SLOTS: usize = 64;
/// Events of one store in work at once. At Stripe's usual pace about the 25 requests a second that it allows.
pub(super) const SLOTS_PER_STORE: usize = 4;
/// Slow ones leave their slot to others, up to so many.
pub(super) const MAX_SLOW: usize = 192;
/// Stores that are remembered; the scan finds the others again.
const MAX_REMEMBERED: usize = 10_000;

/// Which stores have something to do, and what is in work.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// In the order of their turns.
    ready: VecDeque<StoreId>,
    /// Those in `ready` or `full`.
    known: HashSet<StoreId>,
    /// Would be ready, but have their share in work.
    full: HashSet<StoreId>,
    /// Ready from then on.
    later: BTreeSet<(Timestamp, StoreId)>,
    in_work: HashMap<StoreId, usize>,
    total: usize,
    slow: usize,
}

impl Turns {
    /// The store has events that are due.
    pub(super) fn add(&mut self, store_id: StoreId) {
        if self.known.len() < MAX_REMEMBERED && self.known.insert(store_id) {
            self.ready.push_back(store_id);
        }
    }

    /// The store has an event that is due then.
    pub(super) fn add_later(&mut self, store_id: StoreId, at: Timestamp) {
        if self.later.len() < MAX_REMEMBERED {
            self.later.insert((at, store_id));
        }
    }

    /// Brings in those whose time has come.
    pub(super) fn ripen(&mut self, now: Timestamp) {
        while let Some((_, store_id)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.later.pop_first();
            self.add(store_id);
        }
    }

    /// Whether a slot is free.
    pub(super) fn has_room(&self) -> bool {
        self.free() > 0
    }

    fn free(&self) -> usize {
        SLOTS.saturating_sub(self.total - self.slow)
    }

    /// Deals out the free slots, one store after the other.
    pub(super) fn deal(&mut self, admission: impl Fn(StoreId) -> Admission) -> Vec<Wanted> {
        let mut free = self.free();
        let mut dealt: Vec<Wanted> = Vec::new();
        let mut place: HashMap<StoreId, usize> = HashMap::new();
        while free > 0
            && let Some(store_id) = self.ready.pop_front()
        {
            let share = match admission(store_id) {
                Admission::Full => SLOTS_PER_STORE,
                Admission::Probe => 1,
                Admission::NotBefore(at) => {
                    self.known.remove(&store_id);
                    self.add_later(store_id, at);
                    continue;
                }
            };
            let index = *place.entry(store_id).or_insert_with(|| {
                dealt.push(Wanted { store_id, up_to: 0 });
                dealt.len() - 1
            });
            let has = self.in_work.get(&store_id).copied().unwrap_or(0);
            let wanted = &mut dealt[index].up_to;
            if i64::try_from(share.saturating_sub(has)).is_ok_and(|room| *wanted < room) {
                *wanted += 1;
                free -= 1;
                self.ready.push_back(store_id);
            } else {
                self.full.insert(store_id);
            }
        }
        dealt.retain(|wanted| wanted.up_to > 0);
        dealt
    }

    /// What came of a deal: a store that did not use all of it has no more.
    pub(super) fn dealt(&mut self, wanted: Wanted, came: usize) {
        if came > 0 {
            *self.in_work.entry(wanted.store_id).or_default() += came;
            self.total += came;
        }
        if i64::try_from(came).is_ok_and(|came| came < wanted.up_to) {
            self.forget(wanted.store_id);
        }
    }

    /// A deal came to nothing, and tells nothing about the store.
    pub(super) fn take_back(&mut self, store_id: StoreId) {
        if self.full.remove(&store_id) {
            self.ready.push_back(store_id);
        }
    }

    fn forget(&mut self, store_id: StoreId) {
        if self.known.remove(&store_id) && !self.full.remove(&store_id) {
            self.ready.retain(|other| *other != store_id);
        }
    }

    /// An event of the store takes long: its slot is for others, its share of the store is not.
    pub(super) fn slow_down(&mut self) -> bool {
        let may = self.slow < MAX_SLOW;
        self.slow += usize::from(may);
        may
    }

    /// An event of the store is done with.
    pub(super) fn end(&mut self, store_id: StoreId, was_slow: bool) {
        self.total = self.total.saturating_sub(1);
        self.slow = self.slow.saturating_sub(usize::from(was_slow));
        if let Some(count) = self.in_work.get_mut(&store_id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.in_work.remove(&store_id);
            }
        }
        if self.full.remove(&store_id) {
            self.ready.push_back(store_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }

    fn all(_: StoreId) -> Admission {
        Admission::Full
    }

    /// Deals, and lets every store have as many events as were wanted.
    fn deal_full(turns: &mut Turns) -> Vec<(StoreId, i64)> {
        let dealt = turns.deal(all);
        for wanted in &dealt {
            turns.dealt(*wanted, usize::try_from(wanted.up_to).unwrap());
        }
        let pairs = dealt.iter().map(|wanted| (wanted.store_id, wanted.up_to));
        pairs.collect()
    }

    #[test]
    fn a_flood_gets_its_share_and_the_next_store_its_own_at_once() {
        let (flood, other) = (StoreId::generate(), StoreId::generate());
        let mut turns = Turns::default();
        turns.add(flood);
        assert_eq!(deal_full(&mut turns), [(flood, 4)]);
        assert_eq!(deal_full(&mut turns), []);
        turns.add(other);
        assert_eq!(deal_full(&mut turns), [(other, 4)]);
        turns.end(flood, false);
        assert_eq!(deal_full(&mut turns), [(flood, 1)]);
    }

    #[test]
    fn free_slots_go_round() {
        let stores: Vec<StoreId> = (0..40).map(|_| StoreId::generate()).collect();
        let mut turns = Turns::default();
        for store_id in &stores {
            turns.add(*store_id);
        }
        // 64 slots among 40: each has one before any has two, and none has three.
        let dealt = deal_full(&mut turns);
        assert_eq!(dealt.len(), 40);
        assert_eq!(dealt.iter().map(|(_, count)| count).sum::<i64>(), 64);
        assert!(dealt.iter().all(|(_, count)| (1..=2).contains(count)));
        // Who had only one is next.
        turns.end(stores[0], false);
        assert_eq!(deal_full(&mut turns), [(stores[24], 1)]);
    }

    #[test]
    fn a_store_that_has_no_more_is_forgotten_until_it_is_named_again() {
        let store_id = StoreId::generate();
        let mut turns = Turns::default();
        turns.add(store_id);
        let dealt = turns.deal(all);
        turns.dealt(dealt[0], 2);
        assert_eq!(deal_full(&mut turns), []);
        turns.end(store_id, false);
        assert_eq!(deal_full(&mut turns), []);
        turns.add(store_id);
        assert_eq!(deal_full(&mut turns), [(store_id, 3)]);
    }

    #[test]
    fn an_open_breaker_takes_no_slot_and_a_probe_takes_one() {
        let store_id = StoreId::generate();
        let until = now() + jiff::SignedDuration::from_secs(5);
        let mut turns = Turns::default();
        turns.add(store_id);
        assert!(turns.deal(|_| Admission::NotBefore(until)).is_empty());
        turns.ripen(now());
        assert!(turns.deal(|_| Admission::Probe).is_empty());
        turns.ripen(until);
        let dealt = turns.deal(|_| Admission::Probe);
        assert_eq!((dealt.len(), dealt[0].up_to), (1, 1));
        turns.dealt(dealt[0], 1);
        assert!(turns.deal(|_| Admission::Probe).is_empty());
        turns.end(store_id, false);
        assert_eq!(turns.deal(|_| Admission::Probe).len(), 1);
    }

    #[test]
    fn slow_events_leave_their_slots_to_others_but_not_without_end() {
        let mut turns = Turns::default();
        for round in 0..=(MAX_SLOW / SLOTS) {
            for _ in 0..SLOTS / SLOTS_PER_STORE {
                turns.add(StoreId::generate());
            }
            let dealt: i64 = deal_full(&mut turns).iter().map(|(_, count)| count).sum();
            assert_eq!(usize::try_from(dealt).unwrap(), SLOTS, "{round}");
            for _ in 0..SLOTS {
                assert_eq!(turns.slow_down(), round < MAX_SLOW / SLOTS);
            }
        }
        turns.add(StoreId::generate());
        assert!(deal_full(&mut turns).is_empty());
    }
}
