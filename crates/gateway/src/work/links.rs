//! Payment links whose shopper does not come back: one that holds the money gets its order, one that was not paid in time ends,
//! and its payment with it, so that nobody pays for nothing.

use db::payment_links::{Claimer, PaymentLink};
use jiff::SignedDuration;

use super::settle::{self, Trigger};
use crate::app::App;
use crate::error::ApiError;
use crate::links::complete::{complete, end, give_back, payment_of, take};

/// Links of one call.
const BATCH: i64 = 32;
/// So long after its end a link that holds money is still tried; then the money is given free.
const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// Ends what is due. Returns how many links were looked at.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let due = db::payment_links::list_due(&app.db, BATCH, app.now()).await?;
    for link in &due {
        let store_id = link.store_id;
        // After one failure the next links still have their turn; this one comes again.
        if let Err(error) = Box::pin(look(app, link)).await {
            tracing::warn!(%store_id, ?error, "a payment link is looked at again later");
        }
    }
    Ok(due.len())
}

async fn look(app: &App, link: &PaymentLink) -> Result<(), ApiError> {
    let mut payment = payment_of(app, link).await?;
    if !payment.status.holds_money() {
        // It has expired by our record; Stripe may know better.
        let Some(until) = take(app, link, Claimer::Work).await? else {
            return Ok(());
        };
        if let Err(error) = catch_up(app, link, payment.payment_intent_id.as_deref()).await {
            give_back(app, link, until).await?;
            return Err(error);
        }
        payment = payment_of(app, link).await?;
        if !payment.status.holds_money() {
            return end(app, link, until).await;
        }
        give_back(app, link, until).await?;
    }
    match complete(app, link, Claimer::Work).await {
        Ok(order) => {
            tracing::info!(store_id = %link.store_id, order_id = %order.id, "a payment link whose shopper did not come back got its order");
            Ok(())
        }
        Err(error) if link.expires_at + GRACE <= app.now() => {
            if let Some(until) = take(app, link, Claimer::Work).await? {
                end(app, link, until).await?;
            }
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn catch_up(app: &App, link: &PaymentLink, intent: Option<&str>) -> Result<(), ApiError> {
    // Without an id nobody ever got its client secret.
    let Some(intent) = intent else {
        return Ok(());
    };
    settle::settle(app, link.store_id, link.mode, intent, Trigger::Sweep).await?;
    Ok(())
}
