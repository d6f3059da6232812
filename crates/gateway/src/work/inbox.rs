//! Works through the inbox: claims due events, settles what they are about, stores the outcome with its effects.

use std::sync::Arc;
use std::time::Duration;

use db::inbox::{ClaimedEvent, EventState};
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::watch;

use super::settle::{self, Settled, Trigger};
use crate::app::App;
use crate::error::ApiError;

/// Events claimed at once and worked on at the same time: each waits mostly for Stripe. None waits behind another
/// while its lease runs.
const PARALLEL: i64 = 16;
/// Longer than a call to Stripe with its retries may take.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// About two days of tries with the back-off below; then a person has to look.
const MAX_ATTEMPTS: i64 = 60;
const FIRST_BACKOFF_S: i64 = 1;
const MAX_BACKOFF_S: i64 = 3600;

/// How long the worker sleeps when nothing wakes it: bounds how late a retry or an expired lease is noticed.
const IDLE: Duration = Duration::from_secs(1);

/// Works until told to stop, then finishes what is in hand.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        app.work.take_hints();
        match run_once(&app).await {
            // There may be more.
            Ok(done) if done > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(error = ?error, "the inbox worker could not work"),
        }
        tokio::select! {
            () = app.work.hinted() => {}
            () = tokio::time::sleep(IDLE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Claims and works once. Returns how many events were claimed.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    let claimed = db::inbox::claim(&app.db, PARALLEL, now + LEASE, now).await?;
    let count = claimed.len();
    let working = claimed.into_iter().map(|event| async move {
        if let Err(error) = process(app, &event).await {
            // The lease runs out and the event is tried again.
            tracing::error!(store_id = %event.store_id, event_id = event.event_id, ?error, "an event could not be finished");
        }
    });
    join_all(working).await;
    Ok(count)
}

async fn process(app: &App, event: &ClaimedEvent) -> Result<(), ApiError> {
    let Some(intent) = &event.object_id else {
        return finish(app, event, EventState::Ignored, Some("type_not_handled")).await;
    };
    match settle::settle(
        app,
        event.store_id,
        event.mode,
        intent,
        Trigger::Event(event),
    )
    .await
    {
        Ok(Settled::Stored) => Ok(()),
        Ok(Settled::NotOurs) => {
            finish(app, event, EventState::Ignored, Some("payment_unknown")).await
        }
        Err(error) => postpone(app, event, &error).await,
    }
}

async fn finish(
    app: &App,
    event: &ClaimedEvent,
    state: EventState,
    last_error: Option<&str>,
) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    db::inbox::finish(&mut tx, event, state, last_error, app.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn postpone(app: &App, event: &ClaimedEvent, error: &ApiError) -> Result<(), ApiError> {
    let code = error.code();
    tracing::warn!(store_id = %event.store_id, event_id = event.event_id, attempt = event.attempts, ?error, "an event has to wait");
    if matches!(code, "store_reconnect_needed" | "store_not_connected")
        && wait_for_keys(app, event, code).await?
    {
        return Ok(());
    }
    if event.attempts >= MAX_ATTEMPTS {
        tracing::error!(store_id = %event.store_id, event_id = event.event_id, "an event is parked: a person has to look");
        return finish(app, event, EventState::Parked, Some(code)).await;
    }
    let mut tx = app.db.begin().await?;
    let next_attempt_at = app.now() + SignedDuration::from_millis(backoff_ms(event.attempts));
    db::inbox::retry_later(&mut tx, event, code, next_attempt_at).await?;
    tx.commit().await?;
    Ok(())
}

/// `false` where the store has keys again, and nobody would ever wake the event.
async fn wait_for_keys(app: &App, event: &ClaimedEvent, code: &str) -> Result<bool, ApiError> {
    let mut tx = app.db.begin().await?;
    let (store_id, mode, account_id) = (event.store_id, event.mode, &event.account_id);
    let is_paused = db::connections::is_paused(&mut tx, store_id, mode, account_id).await?;
    if is_paused {
        db::inbox::finish(&mut tx, event, EventState::Waiting, Some(code), app.now()).await?;
    }
    tx.commit().await?;
    Ok(is_paused)
}

/// Doubles up to an hour, with a jitter of half of it, so that a recovering Stripe is not met by a wave.
fn backoff_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(12);
    let full_ms = (FIRST_BACKOFF_S << doublings).min(MAX_BACKOFF_S) * 1000;
    full_ms / 2 + rand::random_range(0..=full_ms / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_off_to_an_hour_and_never_to_nothing() {
        for attempts in 1..=MAX_ATTEMPTS {
            let wait_ms = backoff_ms(attempts);
            assert!(
                (500..=MAX_BACKOFF_S * 1000).contains(&wait_ms),
                "{attempts}: {wait_ms}"
            );
        }
        assert!(backoff_ms(MAX_ATTEMPTS) >= MAX_BACKOFF_S * 500);
    }
}
