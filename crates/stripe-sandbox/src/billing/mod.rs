//! What subscriptions and invoices do: the state machines, the prorations, the retries and the clock
//! that moves them. The API, the hosted pages and the control API all go through here; payments tell
//! it by `payment_succeeded` and its kin what became of an invoice's PaymentIntent.
//! Source: Stripe docs, "How subscriptions work", "Subscription invoices", "Test clocks".

mod agenda;
mod collect;
mod fields;
mod finalize;
mod invoices;
mod items;
mod lines;
mod payments;
mod periods;
mod prices;
mod settle;
mod standing;

pub(crate) use agenda::{Agenda, Task};
pub(crate) use collect::{Attempt, attempt, collect_at};
pub(crate) use fields::{at, flag, number, objects, owned, set, text};
pub(crate) use finalize::finalize;
pub(crate) use invoices::{Draft, INVOICE, add_lines, close, draft, finalize_later, refresh, void};
pub(crate) use items::{ITEM, belongs_to_draft, pending, take_pending};
pub(crate) use lines::{Line, from_item};
pub(crate) use payments::{attach, included, payments_of};
pub(crate) use periods::{DAY, HOUR, Interval, date_words};
pub(crate) use prices::{amount as price_amount, pricing, product_name};
pub(crate) use settle::{
    Settlement, mark_paid, payment_failed, payment_needs_action, payment_succeeded,
};

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::state::Ledger;
use crate::v1::Origin;

/// What billing has to remember beyond its documents.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Billing {
    pub(crate) agenda: Agenda,
    /// The invoice of a PaymentIntent.
    invoice_of: HashMap<String, String>,
    /// The subscription that is being made: it is told of when its first payment has ended.
    pub(crate) untold: Option<String>,
    /// The invoice that the schedule tries to be paid for at this moment.
    collecting: Option<String>,
    /// How far the account's time was moved ahead of the sandbox's.
    pub(crate) offset_seconds: i64,
}

impl Ledger {
    /// The account's own time, where the sandbox's clock shows `now`.
    pub(crate) fn time(&self, now: i64) -> i64 {
        now.saturating_add(self.billing.offset_seconds)
    }
}

/// The origin at the time of a customer: of its test clock, where it has one.
pub(crate) fn at_customer(ledger: &Ledger, customer: &str, origin: &Origin) -> Origin {
    let clock = clock_of(ledger, customer);
    let frozen = clock.and_then(|clock| {
        let clock = ledger.documents.get("test_helpers.test_clock", clock)?;
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
