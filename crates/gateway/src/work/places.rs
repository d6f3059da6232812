//! Jobs of connections, so many at a time: each place takes another job when it is done with one, so that one that hangs
//! delays no other.

use std::sync::atomic::{AtomicUsize, Ordering};

use db::connection_jobs::{self, ClaimedJob, Job};
use futures_util::future::{BoxFuture, join_all};
use jiff::SignedDuration;

use crate::app::App;
use crate::error::ApiError;

/// Connections that are worked on at the same time: each mostly waits for Stripe.
const PLACES: i64 = 32;
/// Jobs of one round; then the caller may stop.
const MAX_RUNS: usize = 512;

/// Runs what is due, each job under a lease. Returns how many there were.
pub(super) async fn work_through(
    app: &App,
    job: Job,
    lease: SignedDuration,
    run: for<'a> fn(&'a App, ClaimedJob) -> BoxFuture<'a, ()>,
) -> Result<usize, ApiError> {
    let first = claim(app, job, lease, PLACES).await?;
    let claimed = AtomicUsize::new(first.len());
    let places = first.into_iter().map(|first| async {
        let mut next = Some(first);
        while let Some(claimed_job) = next {
            run(app, claimed_job).await;
            next = None;
            if claimed.fetch_add(1, Ordering::Relaxed) < MAX_RUNS {
                next = claim(app, job, lease, 1).await?.pop();
            }
            if next.is_none() {
                claimed.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(())
    });
    let ended: Result<(), ApiError> = join_all(places).await.into_iter().collect();
    ended.map(|()| claimed.into_inner())
}

async fn claim(
    app: &App,
    job: Job,
    lease: SignedDuration,
    places: i64,
) -> Result<Vec<ClaimedJob>, ApiError> {
    let now = app.now();
    Ok(connection_jobs::claim(&app.db, job, places, now + lease, now).await?)
}
