//! Payments that stay open are looked at now and then, more rarely as they age: the last resort, where neither webhook nor
//! list of events told us, and the only one where a key may not list events.
//!
//! What was to be captured or cancelled, and was left behind because its gateway died, is done here, too; and what is held for
//! a cart that nobody orders is given free (`given_up.rs`).
//!
//! A payment that is still being created needs no look: its client secret is given out after its `PaymentIntent` is stored,
//! so nobody can have paid it (`checkout/intent.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use db::payment_checks::{self, DueCheck};
use domain::{Mode, StoreId};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};

use super::given_up;
use super::settle::{self, Trigger};
use crate::app::App;
use crate::error::ApiError;
use crate::orders::actions::perform;

/// Payments claimed at once.
const BATCH: i64 = 256;
/// Accounts that are looked at at the same time; the payments of one follow each other.
const PARALLEL: usize = 8;
/// Longer than a batch takes in which every account hangs once.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// One look at a payment; longer means that Stripe has trouble.
const LOOK_WITHIN: Duration = Duration::from_secs(10);
/// An authorisation holds the money for a week (Stripe docs, "Place a hold on a payment method"): until then a look a day.
const YOUNG: SignedDuration = SignedDuration::from_hours(7 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Payments past their account's budget come again within this time.
const LATER_S: i64 = 600;

/// Looks at open payments that are due. Returns how many were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    let due = payment_checks::claim(&app.db, BATCH, now + LEASE, now).await?;
    let count = due.len();
    let mut accounts: BTreeMap<(StoreId, String), Vec<DueCheck>> = BTreeMap::new();
    for check in due {
        let account = (check.store_id, check.account_id.clone());
        accounts.entry(account).or_default().push(check);
    }
    stream::iter(accounts)
        .for_each_concurrent(PARALLEL, |((store_id, account_id), checks)| async move {
            if let Err(error) = look_at_account(app, store_id, &account_id, checks).await {
                // The leases run out and they are due again.
                tracing::error!(%store_id, ?error, "open payments could not be looked at");
            }
        })
        .await;
    Ok(count)
}

/// Looks at as many as the account's budget allows now; the others come again later.
async fn look_at_account(
    app: &App,
    store_id: StoreId,
    account_id: &str,
    mut checks: Vec<DueCheck>,
) -> Result<(), ApiError> {
    // Whoever has paid just now waits for it; a cart that was left a week ago does not.
    checks.sort_by_key(|check| std::cmp::Reverse(check.created_at));
    let mut looked_at = 0;
    for check in &checks {
        if !app.rate_limits.may_ask(account_id) {
            break;
        }
        looked_at += 1;
        if !look(app, check).await {
            break;
        }
    }
    let now = app.now();
    let (done, left) = checks.split_at(looked_at);
    let mut tx = app.db.begin().await?;
    for check in done {
        let due_at = next_check(check.created_at, app.settings.reconcile_interval(), now);
        payment_checks::check_at(&mut tx, store_id, &[check.payment_id], due_at).await?;
    }
    if !left.is_empty() {
        let ids: Vec<_> = left.iter().map(|check| check.payment_id).collect();
        // Batches of a large store spread by themselves.
        let due_at = now + SignedDuration::from_secs(rand::random_range(60..=LATER_S));
        payment_checks::check_at(&mut tx, store_id, &ids, due_at).await?;
    }
    Ok(tx.commit().await?)
}

/// Brings a payment up to what Stripe says, and does what was begun for it and left behind. Safe beside others who do the
/// same: Stripe captures once.
pub async fn look_at(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
    trigger: Trigger<'_>,
) -> Result<(), ApiError> {
    settle::settle(app, store_id, mode, payment_intent_id, trigger).await?;
    perform::resume_left(app, store_id, mode, payment_intent_id, trigger.cause()).await
}

/// `false` where looking at the account's other payments now would only fail again.
async fn look(app: &App, check: &DueCheck) -> bool {
    let store_id = check.store_id;
    let intent = &check.payment_intent_id;
    let looking = async {
        look_at(app, store_id, check.mode, intent, Trigger::Sweep).await?;
        given_up::release_given_up(app, store_id, check.payment_id).await
    };
    match tokio::time::timeout(LOOK_WITHIN, looking).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%store_id, payment_id = %check.payment_id, ?error, "an open payment could not be read from Stripe");
            false
        }
        Err(_) => {
            tracing::warn!(%store_id, payment_id = %check.payment_id, "Stripe is slow: an open payment is looked at later");
            false
        }
    }
}

/// Half of its age later: a payment that stays open for a year is looked at some twenty-five times.
fn next_check(created_at: Timestamp, interval: SignedDuration, now: Timestamp) -> Timestamp {
    let age = now.duration_since(created_at);
    let longest = if age < YOUNG { DAY } else { MONTH };
    let pause = (age / 2).min(longest).max(interval);
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_looked_at_more_rarely_as_it_ages() {
        let interval = SignedDuration::from_mins(5);
        let created_at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let pause = |age| {
            let now = created_at + age;
            next_check(created_at, interval, now).duration_since(now)
        };
        assert_eq!(pause(SignedDuration::ZERO), interval);
        assert_eq!(pause(interval), interval);
        assert_eq!(pause(SignedDuration::from_hours(2)).as_hours(), 1);
        assert_eq!(pause(SignedDuration::from_hours(6 * 24)).as_hours(), 24);
        assert_eq!(pause(SignedDuration::from_hours(20 * 24)).as_hours(), 240);
        assert_eq!(pause(SignedDuration::from_hours(900 * 24)).as_hours(), 720);

        let (mut now, mut looks) = (created_at, 0);
        while now < created_at + SignedDuration::from_hours(365 * 24) {
            now = next_check(created_at, interval, now);
            looks += 1;
        }
        assert!((20..=40).contains(&looks), "{looks}");
    }
}
