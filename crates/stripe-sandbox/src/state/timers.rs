//! What happens by itself: right after the answer that caused it, or when time has passed.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// Something that the sandbox does without being asked; the texts are ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// A captured charge gets its balance transaction.
    SettleCharge(String),
    /// What the test card's holder does after the charge.
    Aftermath(String),
    /// An authorisation that nobody captured is released.
    ExpireAuthorisation(String),
    /// Nobody has paid a checkout session in time.
    ExpireCheckout(String),
    RefundSucceeds(String),
    RefundFails(String),
    /// Nobody has answered a dispute in time.
    DisputeOverdue(String),
    /// Pending funds have become available.
    BalanceAvailable,
}

/// The tasks that wait.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    /// With the time at which they were caused.
    soon: VecDeque<(i64, Task)>,
    later: BTreeMap<i64, Vec<Task>>,
}

impl Timers {
    /// After the answer to the request that runs.
    pub(crate) fn soon(&mut self, now: i64, task: Task) {
        self.soon.push_back((now, task));
    }

    pub(crate) fn at(&mut self, due: i64, task: Task) {
        let tasks = self.later.entry(due).or_default();
        // Some tasks are for all that becomes due at that time.
        if !tasks.contains(&task) {
            tasks.push(task);
        }
    }

    pub(crate) fn next_soon(&mut self) -> Option<(i64, Task)> {
        self.soon.pop_front()
    }

    pub(crate) fn is_due(&self, now: i64) -> bool {
        self.later
            .first_key_value()
            .is_some_and(|(due, _)| *due <= now)
    }

    /// The oldest tasks that are due, with their time.
    pub(crate) fn take_due(&mut self, now: i64) -> Option<(i64, Vec<Task>)> {
        let (due, _) = self.later.first_key_value()?;
        if *due > now {
            return None;
        }
        self.later.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_in_the_order_of_their_time_and_once() {
        let mut timers = Timers::default();
        timers.at(20, Task::BalanceAvailable);
        timers.at(20, Task::BalanceAvailable);
        timers.at(10, Task::RefundFails("re_1".to_owned()));
        assert_eq!(timers.take_due(9), None);
        let first = vec![Task::RefundFails("re_1".to_owned())];
        assert_eq!(timers.take_due(30), Some((10, first)));
        assert_eq!(
            timers.take_due(30),
            Some((20, vec![Task::BalanceAvailable]))
        );
        assert_eq!(timers.take_due(30), None);
    }
}
