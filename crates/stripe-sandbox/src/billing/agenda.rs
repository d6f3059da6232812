//! What is to happen at which time, on the account's own clock and on each test clock. Entries are
//! never taken back: one that no longer fits its object does nothing when its time comes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What happens by itself to a subscription or an invoice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Task {
    TrialWillEnd {
        subscription: String,
        trial_end: i64,
    },
    Upcoming {
        subscription: String,
        period_end: i64,
    },
    /// The period ends: a trial's end, a renewal or a cancellation.
    PeriodEnd {
        subscription: String,
        period_end: i64,
    },
    CancelAt {
        subscription: String,
        time: i64,
    },
    Expire {
        subscription: String,
    },
    ResumeCollection {
        subscription: String,
        time: i64,
    },
    PendingUpdateExpires {
        subscription: String,
        time: i64,
    },
    Finalize {
        invoice: String,
    },
    Collect {
        invoice: String,
        time: i64,
    },
    Overdue {
        invoice: String,
        time: i64,
    },
}

/// The tasks by clock (the account's own is the empty name), time and order of entry.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Agenda {
    tasks: BTreeMap<String, BTreeSet<(i64, u64, Task)>>,
    entered: u64,
}

impl Agenda {
    pub(crate) fn enter(&mut self, clock: &str, time: i64, task: Task) {
        self.entered += 1;
        let tasks = self.tasks.entry(clock.to_owned()).or_default();
        tasks.insert((time, self.entered, task));
    }

    /// When the next task of a clock is due.
    pub(crate) fn next_time(&self, clock: &str) -> Option<i64> {
        let tasks = self.tasks.get(clock)?;
        tasks.first().map(|(time, _, _)| *time)
    }

    /// Takes the next task that is due by `until`.
    pub(crate) fn take(&mut self, clock: &str, until: i64) -> Option<(i64, Task)> {
        if self.next_time(clock)? > until {
            return None;
        }
        let (time, _, task) = self.tasks.get_mut(clock)?.pop_first()?;
        Some((time, task))
    }

    /// Forgets a clock.
    pub(crate) fn remove(&mut self, clock: &str) {
        self.tasks.remove(clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_in_order_of_time_then_of_entry_and_clocks_do_not_mix() {
        let task = |name: &str| Task::Finalize {
            invoice: name.to_owned(),
        };
        let mut agenda = Agenda::default();
        agenda.enter("", 5, task("b"));
        agenda.enter("", 5, task("a"));
        agenda.enter("", 3, task("c"));
        agenda.enter("clock_1", 1, task("d"));
        assert_eq!(agenda.take("", 2), None);
        assert_eq!(agenda.take("", 9), Some((3, task("c"))));
        assert_eq!(agenda.take("", 9), Some((5, task("b"))));
        assert_eq!(agenda.next_time(""), Some(5));
        agenda.remove("clock_1");
        assert_eq!(agenda.take("clock_1", 9), None);
    }
}
