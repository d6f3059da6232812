//! One store, now, because a person asked: its events since a time, whatever the cursor says, then its open payments that
//! were begun since then. Safe
//! beside gateways that run, and with none: what is new goes through the same inbox, whose leases they share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use db::connections::Connection;
use db::payment_checks::{self, OpenPayment};
use domain::order::{OrderStatus, PaymentStatus};
use domain::{Mode, OrderId, StoreId};
use jiff::Timestamp;

use super::page::{self, Failure};
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::{StoreStripe, not_connected};
use crate::work::settle::Trigger;
use crate::work::{inbox, sweep};

/// Open payments that are read at once from the database.
const PAGE: i64 = 500;
/// How long events are worked through here; a gateway goes on with the rest.
const WORK_WITHIN: Duration = Duration::from_mins(5);

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// So many events were listed, and so many of them were new.
    Listed {
        /// Since the beginning.
        events: usize,
        /// Of those.
        new: usize,
    },
    /// New events are worked through.
    Working,
    /// Of the open payments so many have been looked at.
    Looked {
        /// So many are done.
        done: usize,
        /// Of so many.
        of: usize,
    },
}

/// What was found, and what became of it.
#[derive(Debug)]
pub struct Mended {
    /// Each account of the store.
    pub accounts: Vec<Listed>,
    /// Open payments that were looked at.
    pub looked_at: usize,
    /// Why some could not be: each error's code, with how often.
    pub unread: BTreeMap<&'static str, usize>,
    /// Orders that stand elsewhere than before.
    pub orders: Vec<Changed>,
    /// Of these payments so many still wait.
    pub still_open: usize,
}

/// The list of an account's events.
#[derive(Debug)]
pub struct Listed {
    /// Test or live.
    pub mode: Mode,
    /// Stripe's `acct_…`.
    pub account_id: String,
    /// How many events it had.
    pub events: usize,
    /// How many of them nobody had told us.
    pub new: usize,
    /// Why it was cut short.
    pub error: Option<ApiError>,
}

/// An order that stands elsewhere than before.
#[derive(Debug)]
pub struct Changed {
    /// Its id.
    pub order_id: OrderId,
    /// Its number.
    pub number: i64,
    /// Where it stood.
    pub before: Standing,
    /// Where it stands.
    pub after: Standing,
}

/// Where an order and its money stand.
pub type Standing = (OrderStatus, PaymentStatus);

/// Mends one store. An account that fails leaves the others theirs.
pub async fn run(
    app: &Arc<App>,
    store_id: StoreId,
    since: Timestamp,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Mended, ApiError> {
    let mut conn = app.db.read().await?;
    let connections = db::connections::list_all(&mut conn, store_id).await?;
    drop(conn);
    if connections.is_empty() {
        return Err(not_connected());
    }
    let before = standings(app, store_id, &list_open(app, store_id, since).await?).await?;
    let mut accounts: Vec<Listed> = Vec::new();
    for connection in connections {
        let earlier: Vec<(usize, usize)> =
            accounts.iter().map(|one| (one.events, one.new)).collect();
        let account = list(app, store_id, connection, since, |events, new| {
            let sum = |own: usize, of: fn(&(usize, usize)) -> usize| {
                earlier.iter().map(of).sum::<usize>() + own
            };
            tell(Progress::Listed {
                events: sum(events, |one| one.0),
                new: sum(new, |one| one.1),
            });
        });
        accounts.push(account.await);
    }
    if accounts.iter().any(|account| account.new > 0) {
        tell(Progress::Working);
        let working = inbox::run_store(app, store_id, inbox::Tempo::default());
        if let Ok(worked) = tokio::time::timeout(WORK_WITHIN, working).await {
            worked?;
        }
    }
    // What no event told of, and what a gateway beside us has in work: asking again changes nothing twice.
    let waiting = list_open(app, store_id, since).await?;
    let mut unread = BTreeMap::new();
    for (done, payment) in waiting.iter().enumerate() {
        tell(Progress::Looked {
            done,
            of: waiting.len(),
        });
        if let Err(error) = look(app, store_id, payment).await {
            tracing::debug!(%store_id, payment_id = %payment.id, ?error, "an open payment could not be looked at");
            *unread.entry(error.code()).or_default() += 1;
        }
    }
    tell(Progress::Looked {
        done: waiting.len(),
        of: waiting.len(),
    });
    Ok(Mended {
        accounts,
        looked_at: waiting.len(),
        unread,
        orders: changed(app, store_id, before).await?,
        still_open: list_open(app, store_id, since).await?.len(),
    })
}

async fn list(
    app: &App,
    store_id: StoreId,
    connection: Connection,
    since: Timestamp,
    tell: impl Fn(usize, usize),
) -> Listed {
    let mut listed = Listed {
        mode: connection.mode,
        account_id: connection.account_id,
        events: 0,
        new: 0,
        error: None,
    };
    let (mode, account_id) = (listed.mode, listed.account_id.clone());
    let stripe = match StoreStripe::of_account(app, store_id, mode, &account_id).await {
        Ok(Some(stripe)) => stripe,
        // Disconnected at this moment.
        Ok(None) => return listed,
        Err(error) => {
            return Listed {
                error: Some(error),
                ..listed
            };
        }
    };
    let mut after = None;
    loop {
        match page::take(app, &stripe, since, after.as_deref()).await {
            Ok(page) => {
                listed.events += page.listed;
                listed.new += page.new;
                tell(listed.events, listed.new);
                after = page.next;
            }
            Err(failure) => {
                listed.error = Some(match failure {
                    Failure::Here(error) => error,
                    Failure::Stripe(error) => stripe.fail(app, error).await,
                });
                return listed;
            }
        }
        if after.is_none() {
            return listed;
        }
    }
}

async fn look(app: &App, store_id: StoreId, payment: &OpenPayment) -> Result<(), ApiError> {
    let Some(intent) = &payment.payment_intent_id else {
        return Ok(());
    };
    app.rate_limits.until_may_ask(&payment.account_id).await;
    sweep::look_at(app, store_id, payment.mode, intent, Trigger::Operator).await
}

/// The open payments that were begun since then. Of older ones events tell, and the regular looks.
async fn list_open(
    app: &App,
    store_id: StoreId,
    since: Timestamp,
) -> Result<Vec<OpenPayment>, ApiError> {
    let mut open: Vec<OpenPayment> = Vec::new();
    loop {
        let after = open.last().map(|payment| payment.id);
        let mut conn = app.db.read().await?;
        let page = payment_checks::list_open(&mut conn, store_id, since, after, PAGE).await?;
        if page.is_empty() {
            return Ok(open);
        }
        open.extend(page);
    }
}

/// Where the orders of these payments stand. An order moves only with its open payment, so these are all that can.
async fn standings(
    app: &App,
    store_id: StoreId,
    payments: &[OpenPayment],
) -> Result<BTreeMap<OrderId, Standing>, ApiError> {
    let mut standings = BTreeMap::new();
    let mut conn = app.db.read().await?;
    for order_id in payments.iter().filter_map(|payment| payment.order_id) {
        if let Some(order) = db::orders::find(&mut conn, store_id, order_id).await? {
            standings.insert(order_id, (order.status, order.payment_status));
        }
    }
    Ok(standings)
}

async fn changed(
    app: &App,
    store_id: StoreId,
    before: BTreeMap<OrderId, Standing>,
) -> Result<Vec<Changed>, ApiError> {
    let mut changed = Vec::new();
    let mut conn = app.db.read().await?;
    for (order_id, before) in before {
        let Some(order) = db::orders::find(&mut conn, store_id, order_id).await? else {
            continue;
        };
        let after = (order.status, order.payment_status);
        if after != before {
            let number = order.number;
            changed.push(Changed {
                order_id,
                number,
                before,
                after,
            });
        }
    }
    changed.sort_by_key(|change| change.number);
    Ok(changed)
}
