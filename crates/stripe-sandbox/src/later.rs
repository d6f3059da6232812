//! Runs what happens by itself; see [`Task`].

use crate::checkout;
use crate::money;
use crate::payments;
use crate::state::{Ledger, Task};
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
