//! Pay first, order then: the checks that bind a payment to exactly one order, its capture and its release.

use db::orders::Order;
use db::payments::{Payment, PaymentState};
use db::stores::Store;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{Mode, StoreId};
use stripe_http::payment_intents::{self, CancelParams, CaptureParams, PaymentIntent, Status};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use super::place::Basket;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::work::settle::{self, Trigger};

/// A payment that was found good for a cart, as Stripe said just now.
pub struct Proof {
    /// Our row of it.
    pub payment: Payment,
    /// Stripe's id of it.
    pub payment_intent_id: PaymentIntentId,
    /// What the order's payment status becomes.
    pub payment_status: PaymentStatus,
}

/// The store's `capture_on` that captures as soon as the order is confirmed.
const CAPTURE_AT_ONCE: &str = "confirmed";

/// Checks that the payment is of this store, mode and cart, has the right amount, holds money and is unused.
pub async fn check(
    app: &App,
    store: &Store,
    basket: &Basket,
    payment_intent_id: &str,
) -> Result<Proof, ApiError> {
    let store_id = store.id;
    let id = PaymentIntentId::parse(payment_intent_id).map_err(|_| mismatch())?;
    let payment =
        db::payments::find_by_intent(&mut app.db.read().await?, store_id, payment_intent_id)
            .await?;
    let payment = payment
        .filter(|payment| payment.mode == basket.cart.mode)
        .ok_or_else(mismatch)?;
    if let Some(order_id) = payment.order_id {
        let order = db::orders::find(&mut app.db.read().await?, store_id, order_id).await?;
        if let Some(order) = order.filter(|order| order.cart_id == Some(basket.cart.id)) {
            take_what_is_held(app, store, payment, id, order, Trigger::Asked).await?;
        }
        return Err(already_used());
    }
    if payment.cart_id != Some(basket.cart.id) {
        return Err(mismatch());
    }
    let intent = read(app, store_id, &payment, &id).await?;
    let payment_status = judge(basket, &intent)?;
    Ok(Proof {
        payment,
        payment_intent_id: id,
        payment_status,
    })
}

fn judge(basket: &Basket, intent: &PaymentIntent) -> Result<PaymentStatus, ApiError> {
    let total = basket.total;
    if intent.amount != total.amount_minor()
        || intent.currency.parse().ok() != Some(total.currency())
        || intent.livemode != basket.cart.mode.is_live()
    {
        return Err(mismatch());
    }
    match intent.status {
        Status::RequiresCapture if intent.amount_capturable == total.amount_minor() => {
            Ok(PaymentStatus::Authorized)
        }
        Status::Succeeded if intent.amount_received == total.amount_minor() => {
            Ok(PaymentStatus::Paid)
        }
        Status::RequiresCapture | Status::Succeeded => Err(mismatch()),
        _ => Err(ApiError::payment(
            "payment_incomplete",
            "The payment is not complete yet. Let the shopper finish it, then place the order again.",
        )),
    }
}

async fn read(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    id: &PaymentIntentId,
) -> Result<PaymentIntent, ApiError> {
    let stripe = StoreStripe::of_payment(app, store_id, payment).await?;
    match payment_intents::retrieve(&stripe.client, id).await {
        Ok(intent) => Ok(intent),
        Err(StripeError::NotFound(_)) => Err(mismatch()),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

/// Captures if the store captures on confirmation. The order stands whatever Stripe says: a capture that fails
/// leaves it authorised and is logged; the sweep tries it again, and so does asking for the same order again.
pub async fn capture(
    app: &App,
    store: &Store,
    proof: &Proof,
    order: Order,
    trigger: Trigger<'_>,
) -> Result<Order, ApiError> {
    if store.capture_on == CAPTURE_AT_ONCE
        && proof.payment_status == PaymentStatus::Authorized
        && let Err(error) = try_capture(app, store.id, proof).await
    {
        tracing::error!(store_id = %store.id, order_id = %order.id, ?error, "the payment could not be captured yet");
    }
    let settled = settle::settle(
        app,
        store.id,
        order.mode,
        proof.payment_intent_id.as_str(),
        trigger,
    )
    .await;
    if let Err(error) = settled {
        tracing::warn!(store_id = %store.id, order_id = %order.id, ?error, "the payment could not be read again");
    }
    let fresh = db::orders::find(&mut app.db.read().await?, store.id, order.id).await?;
    Ok(fresh.unwrap_or(order))
}

/// Captures what an order holds and should have been taken when it was placed: whoever placed it may have died, or
/// have met a Stripe that failed. Does nothing where the store captures later.
pub async fn take_what_is_held(
    app: &App,
    store: &Store,
    payment: Payment,
    payment_intent_id: PaymentIntentId,
    order: Order,
    trigger: Trigger<'_>,
) -> Result<(), ApiError> {
    let is_due = store.capture_on == CAPTURE_AT_ONCE
        && order.status == OrderStatus::Confirmed
        && order.payment_status == PaymentStatus::Authorized;
    if is_due {
        let proof = Proof {
            payment,
            payment_intent_id,
            payment_status: PaymentStatus::Authorized,
        };
        capture(app, store, &proof, order, trigger).await?;
    }
    Ok(())
}

/// As [`take_what_is_held`], for whoever looks at a payment later, after its record was settled. Nothing is taken for an order
/// that a person has to look at.
pub async fn take_what_was_missed(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
    trigger: Trigger<'_>,
) -> Result<(), ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, payment_intent_id).await?;
    let is_held = |one: &Payment| one.mode == mode && one.status == PaymentState::Authorized;
    let Some(payment) = payment.filter(is_held) else {
        return Ok(());
    };
    let Some(order_id) = payment.order_id else {
        return Ok(());
    };
    let order = db::orders::find(&mut conn, store_id, order_id).await?;
    let store = db::stores::find(&mut conn, store_id).await?;
    let incidents = db::incidents::list_open(&mut conn, store_id, order_id).await?;
    drop(conn);
    match (store, order) {
        (Some(store), Some(order)) if incidents.is_empty() => {
            let id = PaymentIntentId::parse(payment_intent_id).map_err(ApiError::internal)?;
            take_what_is_held(app, &store, payment, id, order, trigger).await
        }
        _ => Ok(()),
    }
}

async fn try_capture(app: &App, store_id: StoreId, proof: &Proof) -> Result<(), ApiError> {
    let stripe = StoreStripe::of_payment(app, store_id, &proof.payment).await?;
    let key = IdempotencyKey::parse(format!("{}-capture", proof.payment.id))
        .map_err(ApiError::internal)?;
    let captured = payment_intents::capture(
        &stripe.client,
        &proof.payment_intent_id,
        &CaptureParams::default(),
        &key,
    )
    .await;
    match captured {
        Ok(_) | Err(StripeError::UnexpectedState(_)) => Ok(()),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

/// Gives the shopper's money free after a checkout that cannot be done.
pub async fn release(app: &App, store_id: StoreId, proof: &Proof) {
    if let Err(error) = try_release(app, store_id, proof).await {
        tracing::error!(%store_id, payment_id = %proof.payment.id, ?error, "an authorisation could not be released");
    }
}

async fn try_release(app: &App, store_id: StoreId, proof: &Proof) -> Result<(), ApiError> {
    let stripe = StoreStripe::of_payment(app, store_id, &proof.payment).await?;
    let key = IdempotencyKey::parse(format!("{}-cancel", proof.payment.id))
        .map_err(ApiError::internal)?;
    let canceled = payment_intents::cancel(
        &stripe.client,
        &proof.payment_intent_id,
        &CancelParams::default(),
        &key,
    )
    .await;
    if let Err(error) = canceled {
        return Err(stripe.fail(app, error).await);
    }
    let mut tx = app.db.begin().await?;
    db::payments::set_state(
        &mut tx,
        store_id,
        &proof.payment,
        PaymentState::Canceled,
        0,
        app.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// 409: the payment made another order already.
pub fn already_used() -> ApiError {
    ApiError::conflict(
        "payment_already_used",
        "This payment belongs to an order already. Start a new checkout.",
    )
    .param("payment_reference")
}

fn mismatch() -> ApiError {
    ApiError::conflict(
        "payment_mismatch",
        "This payment does not fit the cart: store, mode, cart, amount and currency must be the same. Start a new checkout.",
    )
    .param("payment_reference")
}
