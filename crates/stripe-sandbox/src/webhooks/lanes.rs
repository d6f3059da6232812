//! Bounded concurrency: each endpoint has a lane, and no endpoint can hold up another. What waits takes a few bytes.

use std::collections::{HashMap, VecDeque};

use super::job::Job;
use crate::state::LedgerKey;

/// At once for one endpoint; Stripe has a bound too, and publishes none.
const MAX_PER_ENDPOINT: usize = 16;
/// At once in all: each takes a connection.
const MAX_RUNNING: usize = 128;

/// An endpoint of an account.
pub(super) type LaneKey = (LedgerKey, String);

/// What waits and how many run.
#[derive(Default)]
pub(super) struct Lanes {
    by_endpoint: HashMap<LaneKey, Lane>,
    /// The lanes that could start one more, each once.
    turns: VecDeque<LaneKey>,
    running: usize,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Job>,
    running: usize,
    has_turn: bool,
}

impl Lane {
    fn may_start(&self) -> bool {
        !self.has_turn && !self.waiting.is_empty() && self.running < MAX_PER_ENDPOINT
    }
}

impl Lanes {
    pub(super) fn push(&mut self, key: LaneKey, job: Job) {
        let lane = self.by_endpoint.entry(key.clone()).or_default();
        lane.waiting.push_back(job);
        self.give_turn(key);
    }

    /// The next job that may run, endpoints taking turns. Say [`Lanes::finish`] when it is over.
    pub(super) fn start(&mut self) -> Option<(LaneKey, Job)> {
        if self.running >= MAX_RUNNING {
            return None;
        }
        let key = self.turns.pop_front()?;
        let lane = self.by_endpoint.get_mut(&key)?;
        lane.has_turn = false;
        let job = lane.waiting.pop_front()?;
        lane.running += 1;
        self.running += 1;
        self.give_turn(key.clone());
        Some((key, job))
    }

    pub(super) fn finish(&mut self, key: &LaneKey) {
        self.running = self.running.saturating_sub(1);
        let Some(lane) = self.by_endpoint.get_mut(key) else {
            return;
        };
        lane.running = lane.running.saturating_sub(1);
        if lane.running == 0 && lane.waiting.is_empty() {
            self.by_endpoint.remove(key);
        } else {
            self.give_turn(key.clone());
        }
    }

    fn give_turn(&mut self, key: LaneKey) {
        if let Some(lane) = self
            .by_endpoint
            .get_mut(&key)
            .filter(|lane| lane.may_start())
        {
            lane.has_turn = true;
            self.turns.push_back(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::DeliveryId;

    fn key(account: &str) -> LaneKey {
        let account_id = account.to_owned();
        let ledger = LedgerKey {
            account_id,
            livemode: false,
        };
        (ledger, "we_1".to_owned())
    }

    fn push(lanes: &mut Lanes, account: &str, count: usize) {
        for index in 0..count {
            let ledger = key(account).0;
            let resend = false;
            lanes.push(
                key(account),
                Job::new(DeliveryId {
                    ledger,
                    index,
                    resend,
                }),
            );
        }
    }

    #[test]
    fn an_endpoint_has_sixteen_at_once_and_others_go_on() {
        let mut lanes = Lanes::default();
        push(&mut lanes, "acct_busy", 1_000);
        push(&mut lanes, "acct_small", 1);
        let started: Vec<_> = std::iter::from_fn(|| lanes.start()).collect();
        assert_eq!(started.len(), 17);
        assert_eq!(started[1].0, key("acct_small"), "takes its turn");
        assert!(lanes.start().is_none());
        lanes.finish(&key("acct_busy"));
        assert_eq!(lanes.start().map(|(_, job)| job.id.index), Some(16));
    }

    #[test]
    fn there_is_a_bound_in_all_and_what_is_over_leaves_nothing() {
        let mut lanes = Lanes::default();
        for account in 0..20 {
            push(&mut lanes, &format!("acct_{account}"), 10);
        }
        let mut started = 0;
        let mut running: Vec<LaneKey> = Vec::new();
        loop {
            running.extend(std::iter::from_fn(|| lanes.start()).map(|(key, _)| key));
            assert!(running.len() <= MAX_RUNNING);
            let Some(over) = running.pop() else { break };
            lanes.finish(&over);
            started += 1;
        }
        assert_eq!(started, 200);
        assert!(lanes.by_endpoint.is_empty() && lanes.turns.is_empty());
    }
}
