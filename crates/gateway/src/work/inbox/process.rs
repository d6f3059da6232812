//! One event: settles what it is about, or says when it is tried again.

use std::error::Error as _;
use std::time::Duration;

use db::inbox::{ClaimedEvent, EventState};
use jiff::{SignedDuration, Timestamp};
use stripe_http::Error as StripeError;

use super::breaker::Answered;
use crate::app::App;
use crate::error::ApiError;
use crate::work::settle::{self, Settled, Trigger};
use crate::work::{card_testing, parked};

/// About two days of tries with the back-off below; then a person has to look.
const MAX_ATTEMPTS: i64 = 60;
const FIRST_BACKOFF_S: i64 = 1;
const MAX_BACKOFF_S: i64 = 3600;
/// Longer than a call to Stripe with its retries may take.
const MAX_TIME: Duration = Duration::from_secs(45);

/// How a try ended.
pub(super) struct Done {
    /// What it tells about Stripe.
    pub answered: Answered,
    /// When the event is tried again, if it is.
    pub retry_at: Option<Timestamp>,
}

/// Works on a claimed event. However it ends, the event is finished, put aside or planned again; where that fails its
/// lease runs out.
pub(super) async fn work(app: &App, event: &ClaimedEvent) -> Done {
    let stored = if event.tries() > MAX_ATTEMPTS {
        // Its workers died before they could say why.
        let parked = parked::park(app, event, "worker_died").await;
        parked.map(|()| (Answered::NotAsked, None))
    } else {
        match tokio::time::timeout(MAX_TIME, attempt(app, event)).await {
            Ok(Ok(answered)) => Ok((answered, None)),
            Ok(Err(error)) => {
                tracing::warn!(store_id = %event.store_id, event_id = event.event_id, attempt = event.tries(), ?error, "an event has to wait");
                let retry = postpone(app, event, error.code()).await;
                retry.map(|retry_at| (answered(&error), retry_at))
            }
            Err(_) => {
                tracing::warn!(store_id = %event.store_id, event_id = event.event_id, attempt = event.tries(), "an event took too long");
                let retry = postpone(app, event, "took_too_long").await;
                retry.map(|retry_at| (Answered::No, retry_at))
            }
        }
    };
    match stored {
        Ok((answered, retry_at)) => Done { answered, retry_at },
        Err(error) => {
            tracing::error!(store_id = %event.store_id, event_id = event.event_id, ?error, "an event could not be finished");
            Done {
                answered: Answered::NotAsked,
                retry_at: None,
            }
        }
    }
}

async fn attempt(app: &App, event: &ClaimedEvent) -> Result<Answered, ApiError> {
    let Some(intent) = &event.object_id else {
        finish(app, event, EventState::Ignored, Some("type_not_handled")).await?;
        return Ok(Answered::NotAsked);
    };
    let trigger = Trigger::Event(event);
    match settle::settle(app, event.store_id, event.mode, intent, trigger).await? {
        Settled::Stored => {
            card_testing::look(app, event).await;
            Ok(Answered::Yes)
        }
        Settled::NotOurs => {
            finish(app, event, EventState::Ignored, Some("payment_unknown")).await?;
            Ok(Answered::NotAsked)
        }
    }
}

fn answered(error: &ApiError) -> Answered {
    match error
        .source()
        .and_then(|source| source.downcast_ref::<StripeError>())
    {
        None => Answered::NotAsked,
        Some(StripeError::Timeout { .. } | StripeError::Connection { .. }) => Answered::No,
        Some(_) => Answered::Yes,
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

/// Plans the next try, if there is one, and tells when.
async fn postpone(
    app: &App,
    event: &ClaimedEvent,
    code: &str,
) -> Result<Option<Timestamp>, ApiError> {
    if matches!(code, "store_reconnect_needed" | "store_not_connected")
        && wait_for_keys(app, event, code).await?
    {
        return Ok(None);
    }
    if event.tries() >= MAX_ATTEMPTS {
        parked::park(app, event, code).await?;
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let next_attempt_at = app.now() + SignedDuration::from_millis(backoff_ms(event.tries()));
    db::inbox::retry_later(&mut tx, event, code, next_attempt_at).await?;
    tx.commit().await?;
    Ok(Some(next_attempt_at))
}

/// `false` where the account has keys again, and nobody would ever wake the event.
async fn wait_for_keys(app: &App, event: &ClaimedEvent, code: &str) -> Result<bool, ApiError> {
    let mut tx = app.db.begin().await?;
    let account_id = &event.account_id;
    let is_paused =
        db::connections::is_paused(&mut tx, event.store_id, event.mode, account_id).await?;
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
