//! Orders that stay unpaid give their pieces back after a while, so that others can buy them. The order stays: paid later, it takes
//! its pieces again (`orders/stock.rs`).

use db::orders::Order;
use db::payments::{Payment, PaymentState};
use jiff::SignedDuration;
use serde_json::json;
use stripe_http::PaymentIntentId;
use stripe_http::payment_intents::{self, Status};

use super::settle::{self, Trigger};
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause};

/// Orders of one call.
const BATCH: i64 = 64;
/// When an order whose payment cannot be read, or is still on its way, is looked at again.
const LATER: SignedDuration = SignedDuration::from_mins(10);

/// Gives back what unpaid orders have kept for long enough. Returns how many orders were looked at.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let due = db::orders::stock::list_due(&mut app.db.read().await?, app.now(), BATCH).await?;
    for order in &due {
        let (store_id, order_id) = (order.store_id, order.id);
        // After one failure the next orders still have their turn; this one comes again.
        if let Err(error) = look(app, order).await {
            tracing::warn!(%store_id, %order_id, ?error, "an unpaid order keeps its pieces a little longer");
            keep_longer(app, order).await?;
        }
    }
    Ok(due.len())
}

async fn look(app: &App, order: &Order) -> Result<(), ApiError> {
    let (store_id, now) = (order.store_id, app.now());
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_open_by_order(&mut conn, store_id, order.id).await?;
    drop(conn);
    if let Some(payment) = &payment
        && is_under_way(app, order, payment).await?
    {
        return keep_longer(app, order).await;
    }
    let mut tx = app.db.begin().await?;
    if db::orders::stock::give_back_overdue(&mut tx, store_id, order.id, now).await? {
        let (kind, cause) = ("stock.given_back", Cause::Worker("stock"));
        timeline::note(&mut tx, store_id, order.id, kind, cause, &json!({}), now).await?;
        tx.commit().await?;
        tracing::info!(%store_id, order_id = %order.id, "an unpaid order gave its pieces back");
        return Ok(());
    }
    tx.rollback().await?;
    // Not payable any more, or it has more time by now.
    let mut conn = app.db.read().await?;
    let fresh = db::orders::find(&mut conn, store_id, order.id).await?;
    drop(conn);
    match fresh {
        Some(fresh) if fresh.stock_until.is_some_and(|until| until <= now) => {
            end_waiting(app, order).await
        }
        _ => Ok(()),
    }
}

/// Whether Stripe, or the shopper's bank, is at work on the payment; money that has come is recorded.
async fn is_under_way(app: &App, order: &Order, payment: &Payment) -> Result<bool, ApiError> {
    if payment.status == PaymentState::Canceled {
        return Ok(false);
    }
    let Some(intent) = &payment.payment_intent_id else {
        // Nobody ever got its client secret.
        return Ok(false);
    };
    let stripe = StoreStripe::of_payment(app, order.store_id, payment).await?;
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let status = match payment_intents::retrieve(&stripe.client, &id).await {
        Ok(read) => read.status,
        Err(stripe_http::Error::NotFound(_)) => return Ok(false),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    match status {
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::Canceled => {
            Ok(false)
        }
        // The shopper may be on the bank's page at this moment: as long again, and no longer.
        Status::RequiresAction => {
            let limit = order.created_at + app.settings.stock_hold * 2;
            Ok(app.now() < limit)
        }
        Status::Succeeded | Status::RequiresCapture => {
            settle::settle(app, order.store_id, order.mode, intent, Trigger::Sweep).await?;
            Ok(false)
        }
        Status::Processing | Status::Unknown(_) => Ok(true),
    }
}

async fn keep_longer(app: &App, order: &Order) -> Result<(), ApiError> {
    let until = Some(app.now() + LATER);
    let mut tx = app.db.begin().await?;
    db::orders::stock::keep_until(&mut tx, order.store_id, order.id, until).await?;
    Ok(tx.commit().await?)
}

/// What was paid by any other way than settling waits for nothing.
async fn end_waiting(app: &App, order: &Order) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    db::orders::stock::keep_until(&mut tx, order.store_id, order.id, None).await?;
    Ok(tx.commit().await?)
}
