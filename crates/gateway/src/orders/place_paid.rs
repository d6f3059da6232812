//! Turns a cart whose payment was made first into an order: one payment, one cart, one order.

use db::checkouts::Checkout;
use db::stores::Store;
use domain::StoreId;

use super::pay_first::{Proof, already_used, capture, check, release};
use super::place::{
    Basket, InsertError, PaidBy, Placed, Wish, cart_busy, cart_locked, complete_contact, insert,
    is_firm, read_basket,
};
use super::supersede::supersede;
use crate::app::App;
use crate::error::ApiError;
use crate::personal::Contact;
use crate::shipping::choice::AddressIs;
use crate::work::settle::Trigger;

/// Places the order of a cart whose payment was made first, and captures it if the store wants that.
pub async fn place_paid(
    app: &App,
    store: &Store,
    wish: Wish<'_>,
    payment_intent_id: &str,
    checkout: Option<&Checkout>,
    contact: Contact,
) -> Result<Placed, ApiError> {
    let (cart_id, shipping) = (wish.cart_id, wish.shipping_method_id);
    let basket = read_basket(app, store.id, cart_id, shipping, checkout).await?;
    let contact = complete_contact(app, store.id, checkout, contact)?;
    // Prices are those of the payment: they were the catalogue's when it was made. An address that is wrong can be mended.
    basket.check_reach(&contact, AddressIs::Needed)?;
    let proof = check(app, store, &basket, payment_intent_id).await?;
    withdraw_unpaid(app, store.id, &basket).await?;
    match insert(
        app,
        store.id,
        &basket,
        &contact,
        PaidBy::StripeBefore(&proof.payment, proof.payment_status),
    )
    .await
    {
        Ok(order) => {
            let order = capture(app, store, &proof, order, Trigger::Asked).await?;
            Ok(Placed::New(order))
        }
        Err(InsertError::CartTaken) => Err(taken(app, store.id, &basket, &proof).await),
        Err(error) => {
            let error = ApiError::from(error);
            if error.status().as_u16() == 422 {
                release(app, store.id, &proof).await;
            }
            Err(error)
        }
    }
}

/// An order of the same cart that still waits for its money gives way to the one that has it.
async fn withdraw_unpaid(app: &App, store_id: StoreId, basket: &Basket) -> Result<(), ApiError> {
    let mut conn = app.db.read().await?;
    let open = db::orders::find_open_by_cart(&mut conn, store_id, basket.cart.id).await?;
    drop(conn);
    match open {
        Some(order) if !is_firm(&order) => supersede(app, store_id, &order).await,
        _ => Ok(()),
    }
}

/// Why the cart had an order first: by this payment, or by another one, and then this one is given back.
async fn taken(app: &App, store_id: StoreId, basket: &Basket, proof: &Proof) -> ApiError {
    match paid_otherwise(app, store_id, basket, proof).await {
        Ok(false) => already_used(),
        Ok(true) => {
            release(app, store_id, proof).await;
            cart_locked()
        }
        Err(error) => error,
    }
}

async fn paid_otherwise(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    proof: &Proof,
) -> Result<bool, ApiError> {
    let intent = proof.payment_intent_id.as_str();
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, intent).await?;
    if payment.is_some_and(|payment| payment.order_id.is_some()) {
        return Ok(false);
    }
    let order = db::orders::find_open_by_cart(&mut conn, store_id, basket.cart.id).await?;
    if order.is_some_and(|order| is_firm(&order)) {
        Ok(true)
    } else {
        Err(cart_busy())
    }
}
