//! What happens later. Every job is a `run_once(&App)` that tests call; this module owns loop, pace and shutdown.

pub mod effects;
pub mod inbox;
pub mod settle;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;

/// How long the worker sleeps when nothing wakes it: bounds how late a retry or an expired lease is noticed.
const IDLE: Duration = Duration::from_secs(1);

/// Works until told to stop, then finishes what is in hand.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match inbox::run_once(&app).await {
            // There may be more.
            Ok(done) if done > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(error = ?error, "the inbox worker could not work"),
        }
        tokio::select! {
            () = app.work.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            _ = stop.changed() => {}
        }
    }
}
