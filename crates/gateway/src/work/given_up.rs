//! Payments that were made before their order, and whose order never came: what they hold is given free.
//!
//! A checkout that fails for good gives it free at once (`orders/pay_first.rs`). One that can be mended, such as by another
//! address, keeps it, and so does a shopper who closes the page after paying.

use db::payments::{Payment, PaymentState};
use domain::{PaymentId, StoreId};
use jiff::{SignedDuration, Timestamp};
use stripe_http::payment_intents;
use stripe_http::{Error as StripeError, PaymentIntentId};

use crate::app::App;
use crate::error::ApiError;
use crate::orders::pay_first;
use crate::stripe::StoreStripe;

/// Money that nobody has ordered anything for is held no longer than this.
const HELD_WITHOUT_ORDER: SignedDuration = SignedDuration::from_hours(24);

/// Asks for the cancellation of a payment whose cart is given up; without effect if it belongs to an order, or to no cart.
pub(super) async fn release_given_up(
    app: &App,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<(), ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find(&mut conn, store_id, payment_id).await?;
    let Some(payment) = payment.filter(|payment| payment.order_id.is_none()) else {
        return Ok(());
    };
    let Some(cart_id) = payment.cart_id else {
        // The merchant's back end named the amount: it knows what it is for.
        return Ok(());
    };
    let cart = db::carts::find(&mut conn, store_id, cart_id, app.now()).await?;
    drop(conn);
    if cart.is_some() && !is_held_for_long(app, store_id, &payment).await? {
        return Ok(());
    }
    if matches!(
        payment.status,
        PaymentState::Open | PaymentState::Authorized
    ) {
        pay_first::release(app, store_id, &payment).await?;
        tracing::info!(%store_id, %payment_id, "nobody ordered what a payment was for: it is cancelled");
    }
    Ok(())
}

/// Whether the money is held for longer than that. A payment may have waited for days before its shopper paid.
async fn is_held_for_long(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
) -> Result<bool, ApiError> {
    let since = app.now() - HELD_WITHOUT_ORDER;
    if payment.status != PaymentState::Authorized || payment.created_at > since {
        return Ok(false);
    }
    let held_since = held_since(app, store_id, payment).await?;
    Ok(held_since.is_some_and(|held_since| held_since <= since))
}

/// When Stripe began to hold the money; `None` where the store's key may not read charges. Then the hold lasts as long as its
/// cart.
async fn held_since(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
) -> Result<Option<Timestamp>, ApiError> {
    let intent = payment.payment_intent_id.as_deref().unwrap_or_default();
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let stripe = StoreStripe::of_payment(app, store_id, payment).await?;
    let intent = match payment_intents::retrieve_with_charge(&stripe.client, &id).await {
        Ok(intent) => intent,
        Err(StripeError::Permission(_)) => return Ok(None),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let charge = intent.latest_charge.as_ref();
    let created = charge.and_then(|charge| charge.expanded()?.created);
    Ok(created.and_then(|second| Timestamp::from_second(second).ok()))
}
