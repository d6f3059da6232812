//! Jobs that look after something every so often: each runs in a task of its own, so that none waits for another.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::app::App;
use crate::error::ApiError;

/// A job and its pace.
pub(super) struct Regular {
    /// In logs.
    pub name: &'static str,
    /// How long it sleeps when nothing was left to do, give or take a tenth: several gateways do not march in step.
    pub every: Duration,
    /// Whether [`super::WorkState::wake_jobs`] concerns it.
    pub can_be_woken: bool,
    /// Does what is due, a bounded part of it at a time. Tells how much that was: after 0 the job sleeps.
    pub run_once: fn(&App) -> BoxFuture<'_, Result<usize, ApiError>>,
}

impl Regular {
    /// Runs the job until told to stop; what is in hand is finished first.
    pub(super) async fn run(&self, app: Arc<App>, mut stop: watch::Receiver<bool>) {
        let mut woken = app.work.jobs();
        while !*stop.borrow() {
            // A panic ends this round, not the job.
            let round = AssertUnwindSafe((self.run_once)(&app)).catch_unwind().await;
            match round {
                Ok(Ok(0)) => {}
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => tracing::error!(job = self.name, ?error, "a job could not run"),
                Err(_) => tracing::error!(job = self.name, "a job panicked"),
            }
            tokio::select! {
                () = tokio::time::sleep(self.pause()) => {}
                _ = woken.changed(), if self.can_be_woken => {}
                gone = stop.changed() => if gone.is_err() { return },
            }
        }
    }

    fn pause(&self) -> Duration {
        self.every.mul_f64(rand::random_range(0.9..=1.1))
    }
}
