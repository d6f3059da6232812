//! Events that no webhook told us of: each account's list of events is read regularly and goes through the same inbox. With
//! every webhook lost, every order is still paid within one interval.

pub mod by_hand;
mod page;
mod pass;
mod schedule;

use db::connection_jobs::{self, ClaimedJob, Job};
use db::connection_problems;
use db::connections::Connection;
use domain::connection_problem::ConnectionProblem;
use jiff::{SignedDuration, Timestamp};
use stripe_http::Error as StripeError;

use self::page::Failure;
use self::pass::Ended;
use super::places;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Longer than a turn, the last call in it with its retries, and what is stored of it.
const LEASE: SignedDuration = SignedDuration::from_mins(3);
/// How long a payment that waits makes the quick pace worth its calls.
const QUICK_FOR: SignedDuration = SignedDuration::from_hours(1);
/// When an account is looked at again that nobody needs any more.
const RARELY: SignedDuration = SignedDuration::from_hours(24);

/// Lists the events of every account that is due. Returns how many were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    places::work_through(app, Job::Reconcile, LEASE, |app, job| {
        Box::pin(run(app, job))
    })
    .await
}

async fn run(app: &App, job: ClaimedJob) {
    if let Err(error) = work(app, &job).await {
        // The lease runs out and the job is due again.
        tracing::error!(store_id = %job.store_id, ?error, "the events of an account could not be reconciled");
    }
}

async fn work(app: &App, job: &ClaimedJob) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = (job.store_id, job.mode, &job.account_id);
    let mut conn = app.db.read().await?;
    let found = db::connections::find_account(&mut conn, store_id, mode, account_id).await?;
    drop(conn);
    let usual = app.settings.reconcile_interval();
    let interval = |one: &Connection| schedule::interval(usual, one.replaced_at, app.now());
    let listed = found.and_then(|one| interval(&one).map(|interval| (one, interval)));
    let Some((connection, interval)) = listed else {
        // Its keys are gone, or it was replaced long ago: connecting makes the job due at once.
        return finish(app, job, app.now() + RARELY, Ok(())).await;
    };
    if connection.reconnect_needed {
        // Once Stripe accepts the key again, or the merchant connects, the job is due at once.
        return finish(app, job, app.now() + RARELY, Err("store_reconnect_needed")).await;
    }
    let stripe = match StoreStripe::even_if_refused(app, store_id, connection) {
        Ok(stripe) => stripe,
        // The key does not open.
        Err(error) => return postpone(app, job, &error, None).await,
    };
    if interval < schedule::USUAL && !is_urgent(app, job).await? {
        let mut tx = app.db.begin().await?;
        let next = schedule::next(job.store_id, interval, app.now());
        connection_jobs::skip(&mut tx, job, next).await?;
        return Ok(tx.commit().await?);
    }
    match pass::run(app, &stripe).await {
        Ok(Ended::Complete) => {
            let next = schedule::next(job.store_id, interval, app.now());
            finish(app, job, next, Ok(())).await
        }
        Ok(Ended::Paused) => finish(app, job, app.now(), Ok(())).await,
        Ok(Ended::Overtaken) => Ok(()),
        Err(Failure::Here(error)) => postpone(app, job, &error, None).await,
        Err(Failure::Stripe(error)) => fail(app, job, &stripe, error).await,
    }
}

/// The quick pace, every few seconds, is for a payment that somebody is about to make. Without one the usual pace does.
async fn is_urgent(app: &App, job: &ClaimedJob) -> Result<bool, ApiError> {
    let (store_id, mode, account_id) = (job.store_id, job.mode, &job.account_id);
    let now = app.now();
    let mut conn = app.db.read().await?;
    let state = connection_jobs::find(&mut conn, store_id, mode, account_id, job.job).await?;
    let last_run_at = state.and_then(|state| state.last_run_at);
    if last_run_at.is_none_or(|at| now.duration_since(at) >= schedule::USUAL) {
        return Ok(true);
    }
    let since = now - QUICK_FOR;
    Ok(db::payment_checks::any_open_since(&mut conn, store_id, mode, account_id, since).await?)
}

async fn fail(
    app: &App,
    job: &ClaimedJob,
    stripe: &StoreStripe,
    error: StripeError,
) -> Result<(), ApiError> {
    let retry_after = error
        .retry_after()
        .and_then(|wait| SignedDuration::try_from(wait).ok());
    if matches!(error, StripeError::Permission(_)) {
        tracing::warn!(store_id = %job.store_id, account_id = job.account_id, %error, "the key may not list events");
        return finish(
            app,
            job,
            backoff(app, job, retry_after),
            Err(ConnectionProblem::EventsNotPermitted.code()),
        )
        .await;
    }
    let error = stripe.fail(app, error).await;
    postpone(app, job, &error, retry_after).await
}

async fn postpone(
    app: &App,
    job: &ClaimedJob,
    error: &ApiError,
    retry_after: Option<SignedDuration>,
) -> Result<(), ApiError> {
    tracing::warn!(store_id = %job.store_id, account_id = job.account_id, failures = job.failures + 1, ?error, "events have to wait to be reconciled");
    let next = backoff(app, job, retry_after);
    finish(app, job, next, Err(error.code())).await
}

fn backoff(app: &App, job: &ClaimedJob, retry_after: Option<SignedDuration>) -> Timestamp {
    let interval = app.settings.reconcile_interval();
    schedule::after_failure(
        interval,
        job.failures,
        retry_after,
        rand::random(),
        app.now(),
    )
}

/// Ends the run, and says whether the key may list events where the run has shown it.
async fn finish(
    app: &App,
    job: &ClaimedJob,
    next_run_at: Timestamp,
    result: Result<(), &'static str>,
) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = (job.store_id, job.mode, &job.account_id);
    let problem = ConnectionProblem::EventsNotPermitted;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if result == Err(problem.code()) {
        connection_problems::open(&mut tx, store_id, mode, account_id, problem, None, now).await?;
    } else if result.is_ok() {
        connection_problems::resolve(&mut tx, store_id, mode, account_id, problem).await?;
    }
    connection_jobs::finish(&mut tx, job, next_run_at, result.err(), now).await?;
    Ok(tx.commit().await?)
}
