//! Payments that were made before their order, and whose order never came: what they hold is given free.
//!
//! A checkout that fails for good gives it free at once (`orders/pay_first.rs`). One that can be mended, such as by another
//! address, keeps it, and so does a shopper who closes the page after paying.

use db::payments::{Payment, PaymentState};
use domain::{PaymentId, StoreId};
use jiff::SignedDuration;

use crate::app::App;
use crate::error::ApiError;
use crate::orders::pay_first;

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
    if cart.is_some() && !is_held_for_long(app, &payment) {
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

fn is_held_for_long(app: &App, payment: &Payment) -> bool {
    payment.status == PaymentState::Authorized
        && payment.created_at + HELD_WITHOUT_ORDER <= app.now()
}
