//! Withdraws an unpaid order whose cart has changed, so that it can never be paid beside the new one.

use db::orders::Order;
use db::payments::{Payment, PaymentState};
use domain::StoreId;
use domain::order::OrderStatus;
use stripe_http::payment_intents::{self, CancelParams, CancellationReason};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::work::settle::{self, Trigger};

/// Cancels at Stripe first; money that arrived meanwhile wins, and the cart stays as it was paid.
pub async fn supersede(app: &App, store_id: StoreId, order: &Order) -> Result<(), ApiError> {
    let payment =
        db::payments::find_open_by_order(&mut app.db.read().await?, store_id, order.id).await?;
    if let Some(payment) = &payment
        && let Some(intent) = &payment.payment_intent_id
    {
        cancel_at_stripe(app, store_id, payment, intent).await?;
    }
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !db::orders::set_state(
        &mut tx,
        order,
        OrderStatus::Cancelled,
        order.payment_status,
        now,
    )
    .await?
    {
        return Err(locked());
    }
    if let Some(payment) = &payment
        && !db::payments::set_state(&mut tx, store_id, payment, PaymentState::Canceled, 0, now)
            .await?
    {
        return Err(locked());
    }
    for line in db::orders::lines(&mut tx, store_id, order.id).await? {
        if let Some(product_id) = line.product_id {
            db::products::give_stock_back(&mut tx, store_id, product_id, line.quantity).await?;
        }
    }
    db::audit::record(
        &mut tx,
        store_id,
        "shopper",
        "order.superseded",
        &order.id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn cancel_at_stripe(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    intent: &str,
) -> Result<(), ApiError> {
    let stripe = StoreStripe::open(app, store_id, payment.mode).await?;
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let key =
        IdempotencyKey::parse(format!("{}-cancel", payment.id)).map_err(ApiError::internal)?;
    let params = CancelParams {
        cancellation_reason: Some(CancellationReason::Abandoned),
    };
    match payment_intents::cancel(&stripe.client, &id, &params, &key).await {
        Ok(_) => Ok(()),
        Err(StripeError::UnexpectedState(_)) => {
            settle::settle(app, store_id, payment.mode, intent, Trigger::Asked).await?;
            let read = payment_intents::retrieve(&stripe.client, &id).await;
            match read {
                Ok(intent) if intent.status == payment_intents::Status::Canceled => Ok(()),
                Ok(_) => Err(locked()),
                Err(error) => Err(stripe.fail(app, error).await),
            }
        }
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

fn locked() -> ApiError {
    ApiError::conflict(
        "cart_locked",
        "This cart is being paid or has been paid. Make a new cart for another order.",
    )
}
