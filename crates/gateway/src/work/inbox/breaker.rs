//! A breaker per store: a store that Stripe does not answer may not fill the slots of the others.
//!
//! While it is open its events are not claimed, so none is dropped and none uses up attempts. Then one at a time tries.

use std::collections::HashMap;

use domain::StoreId;
use jiff::{SignedDuration, Timestamp};

/// This many silences in a row open it: as many as one store can have in flight, and one more.
const FAILURES: u32 = 5;
const FIRST_PAUSE_S: i64 = 5;
const MAX_PAUSE_S: i64 = 300;

/// Whether Stripe answered, whatever it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It did.
    Yes,
    /// No answer in time, or no connection.
    No,
    /// Nobody asked it.
    NotAsked,
}

/// What a store may have in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As many as any store.
    Full,
    /// One, to see whether Stripe answers again.
    Probe,
    /// None before then.
    NotBefore(Timestamp),
}

#[derive(Debug, Clone, Copy, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
}

/// The stores with failures; the others take no room.
#[derive(Debug, Default)]
pub struct Breakers(HashMap<StoreId, Breaker>);

impl Breakers {
    /// What the store may do now.
    pub fn admission(&self, store_id: StoreId, now: Timestamp) -> Admission {
        match self.0.get(&store_id).and_then(|breaker| breaker.open_until) {
            None => Admission::Full,
            Some(until) if lies_ahead(until, now) => Admission::NotBefore(until),
            Some(_) => Admission::Probe,
        }
    }

    /// Takes note of how a try ended. Tells when the breaker opened, or went on being open, until when.
    pub fn note(
        &mut self,
        store_id: StoreId,
        answered: Answered,
        now: Timestamp,
    ) -> Option<Timestamp> {
        match answered {
            Answered::NotAsked => None,
            Answered::Yes => {
                self.0.remove(&store_id);
                None
            }
            Answered::No => {
                let breaker = self.0.entry(store_id).or_default();
                // Those that were in flight when it opened tell nothing new.
                if breaker
                    .open_until
                    .is_some_and(|until| lies_ahead(until, now))
                {
                    return None;
                }
                breaker.failures = breaker.failures.saturating_add(1);
                let beyond = breaker.failures.checked_sub(FAILURES)?;
                let pause_s = (FIRST_PAUSE_S << beyond.min(10)).min(MAX_PAUSE_S);
                let until = now + SignedDuration::from_secs(pause_s);
                breaker.open_until = Some(until);
                Some(until)
            }
        }
    }
}

/// What is farther away than any pause was noted by a clock that was ahead.
fn lies_ahead(until: Timestamp, now: Timestamp) -> bool {
    now < until && until.duration_since(now) <= SignedDuration::from_secs(MAX_PAUSE_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    fn opened(store_id: StoreId) -> Breakers {
        let mut breakers = Breakers::default();
        for _ in 1..FAILURES {
            assert_eq!(breakers.note(store_id, Answered::No, after(0)), None);
        }
        assert_eq!(
            breakers.note(store_id, Answered::No, after(0)),
            Some(after(5))
        );
        breakers
    }

    #[test]
    fn it_opens_after_silences_in_a_row_and_lets_one_probe_through() {
        let (store_id, other) = (StoreId::generate(), StoreId::generate());
        let breakers = opened(store_id);
        assert_eq!(
            breakers.admission(store_id, after(4)),
            Admission::NotBefore(after(5))
        );
        assert_eq!(breakers.admission(store_id, after(5)), Admission::Probe);
        assert_eq!(breakers.admission(other, after(0)), Admission::Full);
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_it_open_for_no_longer() {
        let store_id = StoreId::generate();
        let mut breakers = opened(store_id);
        let long_before = after(-1_000_000);
        assert_eq!(breakers.admission(store_id, long_before), Admission::Probe);
        let until = breakers.note(store_id, Answered::No, long_before).unwrap();
        assert_eq!(
            breakers.admission(store_id, long_before),
            Admission::NotBefore(until)
        );
        assert!(until < after(0));
    }

    #[test]
    fn an_answer_closes_it_and_counts_from_the_beginning() {
        let store_id = StoreId::generate();
        let mut breakers = opened(store_id);
        assert_eq!(breakers.note(store_id, Answered::NotAsked, after(5)), None);
        assert_eq!(breakers.admission(store_id, after(5)), Admission::Probe);
        assert_eq!(breakers.note(store_id, Answered::Yes, after(5)), None);
        assert_eq!(breakers.admission(store_id, after(5)), Admission::Full);
        assert_eq!(breakers.note(store_id, Answered::No, after(6)), None);
    }

    #[test]
    fn it_stays_open_for_longer_and_longer_but_not_for_ever() {
        let store_id = StoreId::generate();
        let mut breakers = opened(store_id);
        let mut now = after(5);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let until = breakers.note(store_id, Answered::No, now).unwrap();
            // Those that were in flight do not add to it.
            assert_eq!(breakers.note(store_id, Answered::No, now), None);
            pauses.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300, 300]);
    }
}
