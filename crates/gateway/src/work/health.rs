//! Looks after each connection: whether its key works, whether its webhook endpoint is as it has to be, whether events
//! arrive. What is ours is mended; the rest is told as a problem of the connection, which ends by itself.

use std::time::Duration;

use db::connection_jobs::{self, ClaimedJob, Job};
use db::connections::{AccountFacts, Connection};
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use jiff::SignedDuration;
use stripe_http::Error;
use stripe_http::account::{self, Account};

use super::places;
use crate::app::App;
use crate::connect::{findings, permissions};
use crate::endpoint::{self, Ensured};
use crate::error::ApiError;
use crate::sealing;
use crate::stripe::{self, StoreStripe};
use crate::webhook::arrivals;

/// Longest time for one connection: a handful of calls, each with its retries.
const LONGEST: Duration = Duration::from_secs(150);
/// Longer than one look may take.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(180);
/// How long a merchant waits for the webhook at the end of the connect form.
const AT_CONNECT: Duration = Duration::from_secs(10);
/// Between two looks, give or take a tenth.
const USUAL: SignedDuration = SignedDuration::from_hours(1);
/// Runs at that pace.
const RUNS_A_DAY: i64 = 24;
/// After a new endpoint, to see whether its first delivery came.
const SOON: SignedDuration = SignedDuration::from_mins(2);
/// How long a new endpoint is looked at soon again.
const NEW: SignedDuration = SignedDuration::from_mins(15);
/// A former connection has nothing to be looked after; it may become the current one again.
const FORMER: SignedDuration = SignedDuration::from_hours(24);
/// After a first failure; then twice as long each time, up to [`USUAL`].
const FIRST_BACKOFF: SignedDuration = SignedDuration::from_secs(30);

/// Looks at connections that are due. Returns how many there were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    places::work_through(app, Job::Health, LEASE, |app, job| Box::pin(run(app, job))).await
}

async fn run(app: &App, job: ClaimedJob) {
    let outcome = tokio::time::timeout(LONGEST, look(app, &job)).await;
    finish(app, &job, outcome.unwrap_or_else(|_| Err(too_long()))).await;
}

/// Looks at a store's current connection at once, whenever it is due.
pub async fn look_now(app: &App, store_id: StoreId, mode: Mode) -> Result<(), ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let connection = db::connections::find(&mut tx, store_id, mode).await?;
    let account_id = connection.ok_or_else(stripe::not_connected)?.account_id;
    let job = connection_jobs::take(
        &mut tx,
        store_id,
        mode,
        &account_id,
        Job::Health,
        now + LEASE,
    )
    .await?;
    tx.commit().await?;
    let outcome = look(app, &job).await;
    finish(app, &job, outcome).await;
    Ok(())
}

/// Sets up the webhook of a connection that was stored just now: what could not be done in a few seconds is done later.
pub(crate) async fn after_connect(app: &App, job: &ClaimedJob) {
    let outcome = tokio::time::timeout(AT_CONNECT, set_up(app, job)).await;
    finish(app, job, outcome.unwrap_or_else(|_| Err(too_long()))).await;
}

fn too_long() -> ApiError {
    ApiError::gateway_timeout(
        "stripe_timeout",
        "Stripe did not answer in time. It is tried again.",
    )
}

/// What a look came to: when to look again, and what failed.
type Outcome = Result<SignedDuration, ApiError>;

async fn set_up(app: &App, job: &ClaimedJob) -> Outcome {
    let stripe = StoreStripe::of_account(app, job.store_id, job.mode, &job.account_id).await?;
    let stripe = stripe.ok_or_else(stripe::not_connected)?;
    webhook(app, &stripe).await
}

async fn look(app: &App, job: &ClaimedJob) -> Outcome {
    let mut conn = app.db.read().await?;
    let connection =
        db::connections::find_account(&mut conn, job.store_id, job.mode, &job.account_id).await?;
    drop(conn);
    // Of a former connection only the key matters, by which its payments are read.
    let matters = |one: &Connection| one.replaced_at.is_none() || one.reconnect_needed;
    let Some(connection) = connection.filter(matters) else {
        return Ok(FORMER);
    };
    if stripe::is_elsewhere(app, &connection) {
        return Ok(USUAL);
    }
    let is_former = connection.replaced_at.is_some();
    let stripe = StoreStripe::even_if_refused(app, job.store_id, connection)?;
    let account = match account::retrieve(&stripe.client).await {
        Ok(account) => Some(account),
        // The key works, and lacks a permission that we can do without here.
        Err(Error::Permission(_)) => None,
        Err(error) => {
            let is_refused = matches!(error, Error::Authentication(_));
            let error = stripe.fail(app, error).await;
            return if is_former && is_refused {
                Ok(FORMER)
            } else {
                Err(error)
            };
        }
    };
    accepted(app, &stripe).await?;
    if is_former {
        return Ok(FORMER);
    }
    if let Some(account) = account {
        note_account(app, &stripe, &account).await?;
    }
    let key = sealing::open_secret_key(&app.vault, job.store_id, &stripe.connection)?;
    if permissions::is_restricted(&key) && is_to_probe(app, job).await? {
        permissions::check_again(app, job.store_id, &stripe).await?;
    }
    let ensured = webhook(app, &stripe).await;
    if let Err(error) = arrivals::look(app, &stripe).await {
        // It only tells people; the endpoint and the key are what they are.
        tracing::warn!(store_id = %job.store_id, mode = %job.mode, account_id = job.account_id, ?error, "what arrived of a connection could not be looked at");
    }
    ensured
}

/// Whether the key's permissions are tried in this run: once a day, and in each as long as one is missing.
async fn is_to_probe(app: &App, job: &ClaimedJob) -> Result<bool, ApiError> {
    if job.runs % RUNS_A_DAY == 0 {
        return Ok(true);
    }
    let of_permissions = [
        ConnectionProblem::PermissionsMissing,
        ConnectionProblem::EventsNotPermitted,
    ]
    .map(ConnectionProblem::code);
    let mut conn = app.db.read().await?;
    let open = db::connection_problems::list(&mut conn, job.store_id).await?;
    Ok(open.iter().any(|one| {
        one.mode == job.mode
            && one.account_id == job.account_id
            && of_permissions.contains(&one.code.as_str())
    }))
}

/// The key works: what waited for it goes on.
async fn accepted(app: &App, stripe: &StoreStripe) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let connection = &stripe.connection;
    if connection.reconnect_needed {
        let now = app.now();
        let version = connection.secret_version;
        let mut tx = app.db.begin().await?;
        if db::connections::mark_key_accepted(&mut tx, store_id, mode, version).await? {
            tracing::info!(%store_id, %mode, account_id, "Stripe accepts the store's key again");
            db::inbox::resume_waiting(&mut tx, store_id, mode, now).await?;
            let job = Job::Reconcile;
            connection_jobs::schedule(&mut tx, store_id, mode, account_id, job, now).await?;
        }
        tx.commit().await?;
        app.work.wake(store_id);
        app.work.wake_jobs();
    }
    findings::settle(app, stripe, &[(ConnectionProblem::KeyRefused, false)]).await
}

/// Brings the account's facts up to date.
async fn note_account(app: &App, stripe: &StoreStripe, account: &Account) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let connection = &stripe.connection;
    let facts = AccountFacts {
        country: account.country.clone(),
        default_currency: account.default_currency.clone(),
        charges_enabled: account.charges_enabled,
    };
    if facts != stored_facts(connection) {
        let mut tx = app.db.begin().await?;
        db::connections::set_account_facts(&mut tx, store_id, mode, account_id, facts).await?;
        tx.commit().await?;
    }
    // An account that is not activated yet takes test payments all the same.
    let is_barred = mode.is_live() && !account.charges_enabled;
    findings::settle(
        app,
        stripe,
        &[(ConnectionProblem::ChargesDisabled, is_barred)],
    )
    .await
}

fn stored_facts(connection: &Connection) -> AccountFacts {
    AccountFacts {
        country: connection.country.clone(),
        default_currency: connection.default_currency.clone(),
        charges_enabled: connection.charges_enabled,
    }
}

/// Makes the endpoint what it has to be, and says when to look again.
async fn webhook(app: &App, stripe: &StoreStripe) -> Outcome {
    let ensured = endpoint::ensure(app, stripe).await?;
    endpoint::report(app, stripe, &ensured).await?;
    match ensured {
        Ensured::Failed { error, .. } => Err(error),
        Ensured::Registered { .. } => note_first_delivery(app, stripe).await,
        Ensured::Impossible { .. } | Ensured::Off => Ok(USUAL),
    }
}

async fn note_first_delivery(app: &App, stripe: &StoreStripe) -> Outcome {
    let (store_id, mode, account_id) = stripe.place();
    let mut conn = app.db.read().await?;
    let endpoint = db::webhook_endpoints::find(&mut conn, store_id, mode, account_id).await?;
    let Some(endpoint) = endpoint.filter(|one| one.first_delivery_at.is_none()) else {
        return Ok(USUAL);
    };
    let last_event_at =
        arrivals::heard_at(&mut conn, stripe, endpoint.registered_at, app.now()).await?;
    drop(conn);
    if let Some(heard_at) = last_event_at.filter(|_| endpoint.has_delivered(last_event_at)) {
        let mut tx = app.db.begin().await?;
        let id = &endpoint.endpoint_id;
        db::webhook_endpoints::mark_delivered(&mut tx, store_id, mode, id, heard_at).await?;
        tx.commit().await?;
        return Ok(USUAL);
    }
    let is_new = app.now().duration_since(endpoint.registered_at) < NEW;
    Ok(if is_new { SOON } else { USUAL })
}

async fn finish(app: &App, job: &ClaimedJob, outcome: Outcome) {
    let (wait, failed) = match &outcome {
        Ok(wait) => (*wait, None),
        Err(error) => {
            tracing::warn!(store_id = %job.store_id, mode = %job.mode, account_id = job.account_id, ?error, "a connection could not be looked after: tried again later");
            (backoff(job.failures, error.code()), Some(error.code()))
        }
    };
    let now = app.now();
    let stored = async {
        let mut tx = app.db.begin().await?;
        connection_jobs::finish(&mut tx, job, now + with_jitter(wait), failed, now).await?;
        tx.commit().await
    };
    if let Err(error) = stored.await {
        // The lease runs out, and it is done again.
        tracing::error!(store_id = %job.store_id, ?error, "the end of a look at a connection could not be stored");
    }
}

/// Doubles up to the usual pace. A refused key seldom comes back, and nobody should wait for it busily.
fn backoff(failures: i64, code: &str) -> SignedDuration {
    if code == "store_reconnect_needed" {
        return USUAL;
    }
    let doublings = u32::try_from(failures).unwrap_or(u32::MAX).min(7);
    (FIRST_BACKOFF * (1 << doublings)).min(USUAL)
}

/// A tenth more or less, so that what began at once does not go on at once for ever.
fn with_jitter(wait: SignedDuration) -> SignedDuration {
    let tenth_ms = i64::try_from(wait.as_millis() / 10).unwrap_or(0);
    wait + SignedDuration::from_millis(rand::random_range(-tenth_ms..=tenth_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_soon_and_then_at_the_usual_pace() {
        let waits: Vec<i64> = (0..9)
            .map(|failures| backoff(failures, "stripe_error").as_secs())
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(backoff(0, "store_reconnect_needed"), USUAL);
        assert_eq!(backoff(i64::MAX, "stripe_error"), USUAL);
    }

    #[test]
    fn jitter_is_a_tenth() {
        for _ in 0..1000 {
            let wait = with_jitter(USUAL);
            assert!((3240..=3960).contains(&wait.as_secs()), "{wait}");
        }
    }
}
