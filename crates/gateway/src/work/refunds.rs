//! Finishes refunds whose end nobody knows: a gateway died, or Stripe did not answer.

use std::time::Duration;

use db::refunds::DueRefund;
use futures_util::StreamExt;
use futures_util::stream;

use crate::app::App;
use crate::error::ApiError;
use crate::refunds::carry_out::{Caller, carry_out};
use crate::refunds::plan::LEASE;
use crate::timeline::Cause;

/// Refunds claimed at once.
const BATCH: i64 = 32;
/// Refunds that are asked for at the same time.
const PARALLEL: usize = 4;
/// Shorter than the lease: a batch of them that all hang is cut off before others take them.
const WITHIN: Duration = Duration::from_secs(25);

/// Asks Stripe for refunds that are due, or looks for them there. Returns how many were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    let rounds = i32::try_from(BATCH).unwrap_or(i32::MAX) / 4;
    let due = db::refunds::claim(&app.db, BATCH, now + LEASE * rounds, now).await?;
    let count = due.len();
    stream::iter(due)
        .for_each_concurrent(PARALLEL, |due| async move {
            let (store_id, refund_id) = (due.store_id, due.refund.id);
            match tokio::time::timeout(WITHIN, finish(app, due)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%store_id, %refund_id, ?error, "a refund has to wait");
                }
                Err(_) => tracing::warn!(%store_id, %refund_id, "a refund took too long"),
            }
        })
        .await;
    Ok(count)
}

async fn finish(app: &App, due: DueRefund) -> Result<(), ApiError> {
    let DueRefund { store_id, refund } = due;
    let mut conn = app.db.read().await?;
    let payment = db::payments::find(&mut conn, store_id, refund.payment_id).await?;
    drop(conn);
    let payment = payment.ok_or_else(|| ApiError::internal("a refund has no payment"))?;
    let caller = Caller::IsGone(Cause::Worker("refunds"));
    carry_out(app, store_id, &payment, refund, caller).await?;
    Ok(())
}
