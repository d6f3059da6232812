//! Withdraws an unpaid order whose cart has changed, so that it can never be paid beside the new one.

use db::orders::Order;
use db::payment_actions::{self, Action, ActionState, PaymentAction};
use db::payments::{Payment, PaymentState};
use domain::order::OrderStatus;
use domain::{CartId, StoreId};
use serde_json::json;
use stripe_http::payment_intents::{self, CancelParams, CancellationReason};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};
use uuid::Uuid;

use super::actions::perform;
use super::actions::request::{First, Wanted, request};
use super::place::cart_busy;
use super::stock;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};
use crate::work::settle::{self, Trigger};

/// Rounds against clicks that start another payment of the same order meanwhile.
const MAX_ROUNDS: u32 = 3;

/// Cancels at Stripe first; money that arrived meanwhile wins, and the cart stays as it was paid.
pub async fn supersede(app: &App, store_id: StoreId, order: &Order) -> Result<(), ApiError> {
    if order.status != OrderStatus::Pending {
        // The merchant has moved it on by hand: it is no shopper's any more.
        return Err(locked());
    }
    for _ in 0..MAX_ROUNDS {
        let mut conn = app.db.read().await?;
        let payment = db::payments::find_open_by_order(&mut conn, store_id, order.id).await?;
        drop(conn);
        if let Some(payment) = &payment
            && let Some(intent) = &payment.payment_intent_id
        {
            cancel_at_stripe(app, store_id, payment, intent).await?;
        }
        if withdraw(app, store_id, order, payment.as_ref()).await? {
            return Ok(());
        }
    }
    Err(cart_busy())
}

/// `false` if the order has another payment by now than the one that was cancelled at Stripe: nothing was stored.
async fn withdraw(
    app: &App,
    store_id: StoreId,
    order: &Order,
    cancelled: Option<&Payment>,
) -> Result<bool, ApiError> {
    let now = app.now();
    let (status, payment_status) = (OrderStatus::Cancelled, order.payment_status);
    let mut tx = app.db.begin().await?;
    // From here on the order's row is ours: a click that starts a payment comes before, or finds it cancelled.
    if !db::orders::set_state(&mut tx, order, status, payment_status, now).await? {
        return Err(locked());
    }
    if let Some(open) = db::payments::find_open_by_order(&mut tx, store_id, order.id).await? {
        let is_known = cancelled.is_some_and(|payment| {
            payment.id == open.id && payment.payment_intent_id == open.payment_intent_id
        });
        if !is_known {
            return Ok(false);
        }
        if !db::payments::set_state(&mut tx, store_id, &open, PaymentState::Canceled, 0, now)
            .await?
        {
            return Ok(false);
        }
    }
    stock::give_back(&mut tx, store_id, order.id, Cause::Shopper, now).await?;
    let detail = json!({ "status": status, "payment_status": payment_status });
    let (kind, cause) = ("order.superseded", Cause::Shopper);
    timeline::note(&mut tx, store_id, order.id, kind, cause, &detail, now).await?;
    let subject = order.id.to_string();
    db::audit::record(
        &mut tx,
        store_id,
        "shopper",
        "order.superseded",
        &subject,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// Cancels the payment that a cart has from paying first, before the cart is paid as an order. It is written down before
/// Stripe is asked, so that whoever places an order with this payment at the same moment is first, or finds it gone.
pub async fn withdraw_cart_payment(
    app: &App,
    store_id: StoreId,
    cart_id: CartId,
) -> Result<(), ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_open_by_cart(&mut conn, store_id, cart_id).await?;
    drop(conn);
    let Some(payment) = payment else {
        return Ok(());
    };
    if payment.status.holds_money() {
        return Err(locked());
    }
    let cause = Cause::Shopper;
    let state = match begin_cancel(app, store_id, &payment).await? {
        Begun::Nothing => return Ok(()),
        Begun::New(action) => perform::perform(app, store_id, &action, cause).await?,
        Begun::Before(action) => perform::resume(app, store_id, &action, cause).await?,
    };
    match state {
        ActionState::Done => Ok(()),
        ActionState::Due => Err(cart_busy()),
        ActionState::Refused => Err(locked()),
    }
}

enum Begun {
    /// Stripe knows nothing of the payment yet: it is closed here.
    Nothing,
    /// Written just now.
    New(PaymentAction),
    /// Left by a checkout that failed, and not done yet.
    Before(PaymentAction),
}

async fn begin_cancel(app: &App, store_id: StoreId, payment: &Payment) -> Result<Begun, ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // From here on the payment's row is ours: it makes no order.
    if !db::payments::is_free(&mut tx, store_id, payment.id, now).await? {
        return Err(cart_busy());
    }
    if payment.payment_intent_id.is_none() {
        let state = PaymentState::Canceled;
        if !db::payments::set_state(&mut tx, store_id, payment, state, 0, now).await? {
            return Err(cart_busy());
        }
        tx.commit().await?;
        return Ok(Begun::Nothing);
    }
    let due = payment_actions::find_due(&mut tx, store_id, payment.id).await?;
    let begun = if let Some(due) = due {
        Begun::Before(due)
    } else {
        let wanted = Wanted {
            payment,
            order_id: None,
            action: Action::Cancel,
            amount_minor: None,
            cause: Cause::Shopper,
            first: First::Writer,
        };
        let action = request(&mut tx, store_id, &wanted, now).await?;
        Begun::New(action.ok_or_else(cart_busy)?)
    };
    tx.commit().await?;
    Ok(begun)
}

async fn cancel_at_stripe(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    intent: &str,
) -> Result<(), ApiError> {
    let stripe = StoreStripe::of_payment(app, store_id, payment).await?;
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    // Stripe cancels once, whatever the key. One that stayed the same would repeat a 500 that Stripe keeps with it for a day.
    let key = IdempotencyKey::from(Uuid::now_v7());
    let params = CancelParams {
        cancellation_reason: Some(CancellationReason::Abandoned),
    };
    let answer = payment_intents::cancel(&stripe.client, &id, &params, &key).await;
    if let Some(order_id) = payment.order_id {
        let call = match &answer {
            Ok(intent) => StripeCall::done("cancel", intent.request_id.as_deref()),
            Err(error) => StripeCall::failed("cancel", error),
        };
        timeline::tell_call(app, store_id, order_id, call, Cause::Shopper).await;
    }
    match answer {
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
