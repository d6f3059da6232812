//! Doing what has become due, in the order of its time.

use crate::billing::{SUBSCRIPTION, Task, at, end, number, pending_update, renew, set};
use crate::state::Ledger;
use crate::v1::Origin;
use serde_json::Value;

/// A bound on what one step of the clock does; the next step goes on.
const MAX_TASKS: usize = 20_000;

/// Does what is due by `until` on one clock (the account's own is the empty name).
pub(crate) fn run_due(ledger: &mut Ledger, clock: &str, until: i64, origin: &Origin) {
    for _ in 0..MAX_TASKS {
        let Some((time, task)) = ledger.billing.agenda.take(clock, until) else {
            return;
        };
        let origin = Origin {
            now: time,
            told: if clock.is_empty() { time } else { origin.told },
            request_id: None,
            idempotency_key: None,
            ..origin.clone()
        };
        run(ledger, &task, &origin);
        ledger.follow_up();
    }
}

fn run(ledger: &mut Ledger, task: &Task, origin: &Origin) {
    match task {
        Task::TrialWillEnd {
            subscription,
            trial_end,
        } => {
            renew::tell_trial_end(ledger, subscription, *trial_end, origin);
        }
        Task::Upcoming {
            subscription,
            period_end,
        } => {
            renew::tell_upcoming(ledger, subscription, *period_end, origin);
        }
        Task::PeriodEnd {
            subscription,
            period_end,
        } => {
            renew::period_end(ledger, subscription, *period_end, origin);
        }
        Task::CancelAt { subscription, time } => {
            let found = ledger.documents.get(SUBSCRIPTION, subscription);
            if found.is_some_and(|found| number(found, "cancel_at") == *time) {
                end::cancel(ledger, subscription, "cancellation_requested", origin);
            }
        }
        Task::Expire { subscription } => end::expire(ledger, subscription, origin),
        Task::ResumeCollection { subscription, time } => {
            resume_collection(ledger, subscription, *time, origin);
        }
        Task::PendingUpdateExpires { subscription, time } => {
            pending_update::expire(ledger, subscription, *time, origin);
        }
        Task::Finalize { invoice } => renew::finalize_and_collect(ledger, invoice, origin),
        Task::Collect { invoice, time } => renew::collect_again(ledger, invoice, *time, origin),
        Task::Overdue { invoice, time } => renew::overdue(ledger, invoice, *time, origin),
    }
}

fn resume_collection(ledger: &mut Ledger, id: &str, time: i64, origin: &Origin) {
    let Some(mut subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    if at(&subscription, "pause_collection/resumes_at").as_i64() == Some(time) {
        set(&mut subscription, "pause_collection", Value::Null);
        ledger.change(subscription, "customer.subscription.updated", origin);
    }
}
