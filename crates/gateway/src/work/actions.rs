//! Captures and cancellations that whoever asked for them did not finish: tried until they end.

use db::payment_actions::{self, ClaimedAction};
use futures_util::StreamExt;
use futures_util::stream;

use crate::app::App;
use crate::error::ApiError;
use crate::orders::actions::perform::perform;
use crate::orders::actions::request::LEASE;
use crate::timeline::Cause;

/// Actions claimed at once: few, so that each is begun well within its lease.
const BATCH: i64 = 16;
/// Actions that are tried at the same time.
const PARALLEL: usize = 16;

/// Tries what is due. Returns how many that were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    let claimed = payment_actions::claim(&app.db, BATCH, now + LEASE, now).await?;
    let count = claimed.len();
    stream::iter(claimed)
        .for_each_concurrent(PARALLEL, |claimed| async move {
            if let Err(error) = try_one(app, claimed).await {
                tracing::warn!(store_id = %claimed.store_id, ?error, "an action at Stripe is tried again later");
            }
        })
        .await;
    Ok(count)
}

async fn try_one(app: &App, claimed: ClaimedAction) -> Result<(), ApiError> {
    let ClaimedAction { store_id, id } = claimed;
    let action = payment_actions::find(&mut app.db.read().await?, store_id, id).await?;
    if let Some(action) = action {
        perform(app, store_id, &action, Cause::Worker("actions")).await?;
    }
    Ok(())
}
