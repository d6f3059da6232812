//! What a run mended, for people and for scripts.

use std::collections::BTreeMap;
use std::io;

use domain::order::{OrderStatus, PaymentStatus};
use domain::{Mode, OrderId, StoreId};
use serde::Serialize;

use crate::cli::{print, store};
use crate::work::reconcile::by_hand::{Mended, Standing};

/// One store's run.
#[derive(Serialize)]
pub(super) struct Report {
    store_id: StoreId,
    accounts: Vec<OfAccount>,
    events_listed: usize,
    events_new: usize,
    payments_looked_at: usize,
    /// Payments that could not be looked at, by the error's code.
    payments_unread: BTreeMap<&'static str, usize>,
    orders_changed: Vec<Order>,
    payments_still_open: usize,
}

#[derive(Serialize)]
struct OfAccount {
    mode: Mode,
    account_id: String,
    events_listed: usize,
    events_new: usize,
    error: Option<Error>,
}

#[derive(Serialize)]
struct Error {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Order {
    id: OrderId,
    number: i64,
    before: State,
    after: State,
}

#[derive(Serialize)]
struct State {
    status: OrderStatus,
    payment_status: PaymentStatus,
}

impl From<Standing> for State {
    fn from((status, payment_status): Standing) -> Self {
        Self {
            status,
            payment_status,
        }
    }
}

impl State {
    fn words(&self) -> String {
        format!("{}, {}", self.status, self.payment_status)
    }
}

impl Report {
    pub(super) fn of(store_id: StoreId, mended: &Mended) -> Self {
        let accounts = mended.accounts.iter().map(|listed| OfAccount {
            mode: listed.mode,
            account_id: listed.account_id.clone(),
            events_listed: listed.events,
            events_new: listed.new,
            error: listed.error.as_ref().map(|error| Error {
                code: error.code(),
                message: error.to_string(),
            }),
        });
        let orders = mended.orders.iter().map(|change| Order {
            id: change.order_id,
            number: change.number,
            before: change.before.into(),
            after: change.after.into(),
        });
        Self {
            store_id,
            accounts: accounts.collect(),
            events_listed: mended.accounts.iter().map(|listed| listed.events).sum(),
            events_new: mended.accounts.iter().map(|listed| listed.new).sum(),
            payments_looked_at: mended.looked_at,
            payments_unread: mended.unread.clone(),
            orders_changed: orders.collect(),
            payments_still_open: mended.still_open,
        }
    }

    /// Whether something could not be asked.
    pub(super) fn failed(&self) -> bool {
        self.accounts.iter().any(|account| account.error.is_some())
            || !self.payments_unread.is_empty()
    }

    pub(super) fn print(&self) -> io::Result<()> {
        let unread: usize = self.payments_unread.values().sum();
        let mut looked_at = self.payments_looked_at.to_string();
        if unread > 0 {
            let codes: Vec<&str> = self.payments_unread.keys().copied().collect();
            looked_at = format!(
                "{looked_at}, {unread} could not be read ({})",
                codes.join(", ")
            );
        }
        let mut facts = vec![("Store", self.store_id.to_string())];
        for account in &self.accounts {
            let OfAccount {
                events_listed,
                events_new,
                ..
            } = account;
            let mode = store::mode(Some(account.mode));
            let mut words = format!(
                "{mode} {}: {events_listed} events listed, {events_new} new",
                account.account_id
            );
            if let Some(error) = &account.error {
                words = format!("{words}; {}", error.message);
            }
            facts.push(("Account", words));
        }
        facts.push(("Open payments looked at", looked_at));
        facts.push(("Orders changed", self.orders_changed.len().to_string()));
        facts.push(("Payments still open", self.payments_still_open.to_string()));
        print::facts(&facts)?;
        if self.orders_changed.is_empty() {
            return Ok(());
        }
        let rows = self.orders_changed.iter().map(|order| {
            [
                order.number.to_string(),
                order.before.words(),
                order.after.words(),
            ]
        });
        print::table(["Order", "Before", "After"], rows)
    }
}
