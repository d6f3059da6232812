//! Makes the order of a link whose payment holds the money: taken by one atomic update, placed as any order that was paid
//! first, given back if that fails for a passing reason.

use actix_web::http::StatusCode;
use actix_web::web;
use db::orders::Order;
use db::payment_links::{self, Claimer, PaymentLink};
use db::payments::Payment;
use jiff::{SignedDuration, Timestamp};
use tracing::{Instrument, Span};

use super::found;
use crate::app::App;
use crate::error::{ApiError, REQUEST_ID};
use crate::orders::pay_first::release;
use crate::orders::place::{Placed, Wish};
use crate::orders::place_paid::place_paid;
use crate::shipping::choice::ShippingIs;

/// Longer than the calls to Stripe with their retries may take; then somebody else may try.
const LEASE: SignedDuration = SignedDuration::from_mins(1);
/// When our own work tries a link again that could not be completed.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Completes a link for its holder, to the end even if the holder leaves.
pub async fn complete_apart(app: &web::Data<App>, link: PaymentLink) -> Result<Order, ApiError> {
    let app = app.clone();
    let request_id = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
    let completing = async move { complete(&app, &link, Claimer::Holder).await };
    let running = REQUEST_ID.scope(request_id, completing);
    actix_web::rt::spawn(running.instrument(Span::current()))
        .await
        .map_err(ApiError::internal)?
}

/// Completes a link: its order, made now or by somebody who was cut off. 409 `link_busy` while somebody else does, 410 after.
pub async fn complete(app: &App, link: &PaymentLink, claimer: Claimer) -> Result<Order, ApiError> {
    let Some(until) = take(app, link, claimer).await? else {
        let fresh = payment_links::find(&mut app.db.read().await?, link.store_id, link.id).await?;
        found::check_payable(&fresh.ok_or_else(found::expired)?, app.now())?;
        return Err(found::busy());
    };
    match place(app, link).await {
        Ok(order) => {
            let mut tx = app.db.begin().await?;
            payment_links::complete(&mut tx, link.store_id, link.id, order.id).await?;
            tx.commit().await?;
            Ok(order)
        }
        Err(error) => Err(give_up(app, link, until, error).await?),
    }
}

/// Takes a link, until the instant that is told; `None` if it is not to be had.
pub async fn take(
    app: &App,
    link: &PaymentLink,
    claimer: Claimer,
) -> Result<Option<Timestamp>, ApiError> {
    let now = app.now();
    let until = now + LEASE;
    let mut tx = app.db.begin().await?;
    let taken = payment_links::claim(&mut tx, link.store_id, link.id, claimer, until, now).await?;
    tx.commit().await?;
    Ok(taken.then_some(until))
}

/// Gives a link back that could not be completed now.
pub async fn give_back(app: &App, link: &PaymentLink, until: Timestamp) -> Result<(), ApiError> {
    let again_at = app.now() + AGAIN;
    let mut tx = app.db.begin().await?;
    payment_links::give_back(&mut tx, link.store_id, link.id, until, again_at).await?;
    Ok(tx.commit().await?)
}

/// Ends a link without an order. What its payment holds is given free, and an unpaid payment is cancelled: nobody can pay for
/// nothing afterwards.
pub async fn end(app: &App, link: &PaymentLink, until: Timestamp) -> Result<(), ApiError> {
    let store_id = link.store_id;
    let payment = payment_of(app, link).await?;
    release(app, store_id, &payment).await?;
    let mut tx = app.db.begin().await?;
    payment_links::close(&mut tx, store_id, link.id, until).await?;
    Ok(tx.commit().await?)
}

/// The link's payment.
pub async fn payment_of(app: &App, link: &PaymentLink) -> Result<Payment, ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find(&mut conn, link.store_id, link.payment_id).await?;
    payment.ok_or_else(|| ApiError::internal("a payment link without its payment"))
}

async fn place(app: &App, link: &PaymentLink) -> Result<Order, ApiError> {
    let payment = payment_of(app, link).await?;
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, link.store_id).await?;
    let store = store.ok_or_else(|| ApiError::not_found("payment link"))?;
    let lines = db::carts::lines(&mut conn, store.id, link.cart_id).await?;
    drop(conn);
    let cart_id = link.cart_id.to_string();
    let wish = Wish {
        cart_id: &cart_id,
        shipping_method_id: None,
        // As it was when the link was made.
        shipping: ShippingIs::Optional,
        pay_by: None,
    };
    let intent = payment.payment_intent_id.as_deref().unwrap_or_default();
    let checkout = found::as_checkout(link, &lines);
    let contact = found::contact(app, link)?;
    match place_paid(app, &store, wish, intent, Some(&checkout), contact).await? {
        Placed::New(order) | Placed::Existing(order) => Ok(order),
    }
}

/// Ends the link where trying again cannot help, else gives it back. Answers with the error as the holder sees it.
async fn give_up(
    app: &App,
    link: &PaymentLink,
    until: Timestamp,
    error: ApiError,
) -> Result<ApiError, ApiError> {
    if !is_final(&error) {
        give_back(app, link, until).await?;
        return Ok(error);
    }
    tracing::info!(store_id = %link.store_id, code = error.code(), "a payment link ends without an order");
    end(app, link, until).await?;
    Ok(match error.code() {
        "checkout_outdated" => found::outdated(),
        _ => error,
    })
}

/// Whether the link can never make its order: sold out, not deliverable, or its cart is gone, changed or bought otherwise.
fn is_final(error: &ApiError) -> bool {
    matches!(
        error.status(),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_FOUND
    ) || matches!(
        error.code(),
        "checkout_outdated" | "cart_locked" | "payment_already_used" | "payment_released"
    )
}
