//! Forgets what nobody needs any more, a little at a time, and makes room for the events of the next months.

use std::time::Duration;

use db::inbox::retention;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::error::ApiError;

/// A pass begins at most so often, whichever gateway does it.
const PASSES_APART: SignedDuration = SignedDuration::from_hours(1);
const NOT_BEFORE: &str = "prune_not_before";
/// Steps of one call: a stop waits for no more.
const STEPS: usize = 50;
/// Between two steps, so that others can write.
const PAUSE: Duration = Duration::from_millis(20);
/// Rows of a small table that one step deletes.
const ROWS: i64 = 500;
/// Tries to make the partitions of the next months, while others use the table.
const TRIES: u32 = 5;
/// A connect token that has expired is still told apart from one that never was.
const TOKENS_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Carts of one step; each is several statements.
const CARTS: i64 = 100;
/// What became of a cart's last checkout can be asked for a day after it ended.
const CARTS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Does a part of a pass, or begins one if it is time. Returns the number of its steps; 0 if there was nothing to do.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let mut pass = app.work.pruning.lock().await;
    if pass.is_none() {
        let now = app.now();
        let mut tx = app.db.begin().await?;
        let is_ours = db::facts::take(&mut tx, NOT_BEFORE, now + PASSES_APART, now).await?;
        tx.commit().await?;
        if !is_ours {
            return Ok(0);
        }
        make_room(app).await;
        forget_small_things(app, now).await?;
    }
    let progress = pass.get_or_insert_default();
    let before = app
        .now()
        .saturating_sub(app.settings.event_retention)
        .unwrap_or(Timestamp::MIN);
    let mut steps = 0;
    let mut removed = 0;
    let mut is_last = false;
    while steps < STEPS && !is_last {
        let step = retention::forget(&app.db, before, progress).await?;
        steps += 1;
        removed += step.removed;
        is_last = step.is_last;
        tokio::time::sleep(PAUSE).await;
    }
    if is_last {
        *pass = None;
    }
    if removed > 0 {
        tracing::info!(removed, %before, "forgot old events");
    }
    Ok(steps)
}

/// Without its partition an event falls into the default one, so a failure can wait for the next pass.
async fn make_room(app: &App) {
    for attempt in 1..=TRIES {
        match retention::make_room(&app.db, app.now()).await {
            Ok(0) => return,
            Ok(months) => {
                tracing::info!(months, "made room for the events of the next months");
                return;
            }
            Err(error) if attempt == TRIES => {
                tracing::error!(%error, "the inbox has no partition for the next month yet");
            }
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

/// Expired idempotency keys, connect tokens, signing secrets and carts.
async fn forget_small_things(app: &App, now: Timestamp) -> Result<(), ApiError> {
    loop {
        let mut tx = app.db.begin().await?;
        let forgotten = [
            db::idempotency::forget_expired(&mut tx, ROWS, now).await?,
            db::connect_tokens::forget_expired(&mut tx, ROWS, now - TOKENS_KEPT).await?,
            db::webhook_secrets::forget_expired(&mut tx, ROWS, now).await?,
            db::carts::forget_expired(&mut tx, CARTS, now - CARTS_KEPT).await?,
        ];
        tx.commit().await?;
        if forgotten.iter().all(|count| *count == 0) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
