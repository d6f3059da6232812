//! Runs what happens by itself; see [`Task`].

use std::sync::Arc;
use std::time::Duration;

use crate::checkout;
use crate::money;
use crate::payments;
use crate::state::{Ledger, Shared, Task};
use crate::v1::Origin;

impl Ledger {
    /// Does what the answer to the last request has left to be done.
    pub(crate) fn follow_up(&mut self) {
        while let Some((now, task)) = self.timers.next_soon() {
            run(self, &task, now);
        }
    }

    /// Does what has become due; called before each request and control request.
    pub(crate) fn pass_time(&mut self, now: i64) {
        self.now = self.now.max(now);
        while let Some((due, tasks)) = self.timers.take_due(now) {
            for task in tasks {
                run(self, &task, due);
            }
            self.follow_up();
        }
    }
}

fn run(ledger: &mut Ledger, task: &Task, now: i64) {
    let origin = Origin {
        told: ledger.now,
        ..Origin::of_itself(now)
    };
    match task {
        Task::SettleCharge(charge) => money::balance::settle_charge(ledger, charge, &origin),
        Task::Aftermath(charge) => money::disputes::aftermath(ledger, charge, &origin),
        Task::ExpireAuthorisation(intent) => payments::expire(ledger, intent, &origin),
        Task::ExpireCheckout(session) => checkout::expire_in_time(ledger, session, &origin),
        Task::RefundSucceeds(refund) => money::refunds::succeed(ledger, refund, &origin),
        Task::RefundFails(refund) => money::refunds::fail(ledger, refund, &origin),
        Task::DisputeOverdue(dispute) => money::disputes::overdue(ledger, dispute, &origin),
        Task::BalanceAvailable => {
            let balance = money::balance::render(ledger);
            ledger.emit("balance.available", balance, &origin);
        }
    }
}

/// How often the passing of time is looked at while nobody asks anything.
const TICK: Duration = Duration::from_secs(1);

/// Lets time pass where no request does, so that its webhooks go out.
pub(crate) async fn clockwork(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(TICK).await;
        let origin = shared.origin(None, None);
        let is_due = |ledger: &Ledger| {
            let now = origin.now.saturating_add(ledger.billing.offset_seconds);
            let bills = ledger.billing.agenda.next_time("");
            ledger.timers.is_due(now) || bills.is_some_and(|time| time <= now)
        };
        // Looking alone is no reason to write the state file.
        if !shared.world_unseen().ledgers.values().any(is_due) {
            continue;
        }
        let mut due = Vec::new();
        for ledger in shared.world().ledgers.values_mut() {
            if is_due(ledger) {
                ledger.catch_up(origin.clone());
                due.extend(ledger.take_due());
            }
        }
        shared.dispatch(due);
    }
}
