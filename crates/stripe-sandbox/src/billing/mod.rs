//! What subscriptions and invoices do: the state machines, the prorations, the retries and the clock
//! that moves them. The API, the hosted pages and the control API all go through here; payments tell
//! it by `payment_succeeded` and its kin what became of an invoice's PaymentIntent.
//! Source: Stripe docs, "How subscriptions work", "Subscription invoices", "Test clocks".

mod agenda;
mod change;
mod collect;
mod due;
mod end;
mod fields;
mod finalize;
mod invoices;
mod items;
mod lines;
mod payments;
mod pending_update;
mod periods;
mod prices;
mod prorations;
mod renew;
mod settle;
mod setup;
mod standing;
mod start;
mod subscription_items;

pub(crate) use agenda::{Agenda, Task};
pub(crate) use change::{ChangePayment, change_and_charge, invoice_now};
pub(crate) use collect::{Attempt, attempt, collect_at, no_payment_method};
pub(crate) use fields::{at, flag, number, objects, owned, set, text};
pub(crate) use finalize::finalize;
pub(crate) use invoices::{Draft, INVOICE, add_lines, close, draft, finalize_later, refresh, void};
pub(crate) use items::{ITEM, belongs_to_draft, pending, take_pending};
pub(crate) use lines::{Line, from_item};
pub(crate) use payments::{attach, included, invoice_of, made_for_invoice, payments_of};
pub(crate) use periods::{DAY, HOUR, Interval, date_words};
pub(crate) use prices::{amount as price_amount, bounded, pricing, product_name};
pub(crate) use settle::{
    Settlement, mark_paid, payment_failed, payment_needs_action, payment_succeeded,
};

pub(crate) use due::run_due;
pub(crate) use end::{cancel, cancel_all, payment_method as payment_method_of};
pub(crate) use pending_update::PendingUpdate;
pub(crate) use prorations::prorations;
pub(crate) use setup::succeeded as setup_succeeded;
pub(crate) use standing::SUBSCRIPTION;
pub(crate) use start::{PaymentBehavior, Start, enter_tasks, start};
pub(crate) use subscription_items::{
    cost, interval, item, items_of, lines as item_lines, period, put_items, set_period, trial_lines,
};

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::state::Ledger;
use crate::v1::Origin;

/// The `object` of a test clock.
pub(crate) const TEST_CLOCK: &str = "test_helpers.test_clock";

/// What billing has to remember beyond its documents.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Billing {
    pub(crate) agenda: Agenda,
    /// The invoice of a PaymentIntent.
    invoice_of: HashMap<String, String>,
    /// The subscription that is being made: it is told of when its first payment has ended.
    pub(crate) untold: Option<String>,
    /// The subscription that waits for a SetupIntent.
    subscription_of_setup: HashMap<String, String>,
    pending_updates: HashMap<String, PendingUpdate>,
    /// The invoice that the schedule tries to be paid for at this moment.
    collecting: Option<String>,
    /// How far the account's time was moved ahead of the sandbox's.
    pub(crate) offset_seconds: i64,
}

impl Ledger {
    /// Does what has become due on the account's own clock, and answers with its time: the sandbox's,
    /// moved ahead as the control API asked for.
    pub(crate) fn catch_up(&mut self, mut origin: Origin) -> Origin {
        origin.now = origin.now.saturating_add(self.billing.offset_seconds);
        origin.told = origin.now;
        self.pass_time(origin.now);
        run_due(self, "", origin.now, &origin);
        origin
    }
}

/// The `subscriptions` of a customer: those that are not canceled.
pub(crate) fn subscriptions_of(ledger: &Ledger, customer: &str) -> serde_json::Value {
    let all = ledger.documents.all(SUBSCRIPTION).rev();
    let data: Vec<_> = all
        .filter(|one| text(one, "customer") == Some(customer))
        .filter(|one| !matches!(text(one, "status"), Some("canceled" | "incomplete_expired")))
        .collect();
    let url = format!("/v1/customers/{customer}/subscriptions");
    serde_json::json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

/// The origin at the time of a customer: of its test clock, where it has one.
pub(crate) fn at_customer(ledger: &Ledger, customer: &str, origin: &Origin) -> Origin {
    let clock = clock_of(ledger, customer);
    let frozen = clock.and_then(|clock| {
        let clock = ledger.documents.get(TEST_CLOCK, clock)?;
        clock.get("frozen_time")?.as_i64()
    });
    Origin {
        now: frozen.unwrap_or(origin.now),
        ..origin.clone()
    }
}

/// The test clock of a customer.
pub(crate) fn clock_of<'a>(ledger: &'a Ledger, customer: &str) -> Option<&'a str> {
    let customer = ledger.documents.get("customer", customer)?;
    text(customer, "test_clock")
}
