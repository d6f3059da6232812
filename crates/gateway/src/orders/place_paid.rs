//! Turns a cart whose payment was made first into an order: one payment, one cart, one order.

use db::checkouts::Checkout;
use db::orders::Order;
use db::stores::Store;
use domain::StoreId;

use super::actions::perform;
use super::pay_first::{self, Checked, Prepaid, Proof, already_used, check, find_made, release};
use super::place::{
    Basket, InsertError, PaidBy, Placed, Wish, cart_busy, cart_locked, complete_contact, insert,
    is_firm, read_basket,
};
use super::supersede::supersede;
use crate::app::App;
use crate::error::ApiError;
use crate::personal::Contact;
use crate::shipping::choice::AddressIs;
use crate::timeline::Cause;

/// Places the order of a cart whose payment was made first, and captures it if the store wants that. The same payment again
/// gives the same order.
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
    let proof = match check(app, store, &basket, payment_intent_id).await? {
        Checked::Good(proof) => proof,
        Checked::Used(order) => return replay(app, store.id, payment_intent_id, order).await,
    };
    // Prices are those of the payment: they were the catalogue's when it was made. An address that is wrong can be mended;
    // if nobody does, `work/given_up.rs` gives the money free.
    let asked = (wish.shipping, AddressIs::Needed);
    basket
        .check_shipping(app, store.id, &contact, asked)
        .await?;
    withdraw_unpaid(app, store.id, &basket).await?;
    let paid_by = PaidBy::StripeBefore(Prepaid {
        proof: &proof,
        captures_at_once: pay_first::captures_at_once(store),
    });
    match insert(app, store.id, &basket, &contact, paid_by).await {
        Ok(order) => {
            let order = pay_first::finish(app, store.id, &proof, order).await;
            Ok(Placed::New(order))
        }
        Err(InsertError::CartTaken) => taken(app, store.id, &basket, &proof).await,
        Err(error) => {
            let error = ApiError::from(error);
            if error.status().as_u16() == 422 {
                release(app, store.id, &proof.payment).await?;
            }
            Err(error)
        }
    }
}

/// The order that was placed before. What was to be captured then and was left behind is captured now.
async fn replay(
    app: &App,
    store_id: StoreId,
    payment_intent_id: &str,
    order: Order,
) -> Result<Placed, ApiError> {
    let (mode, cause) = (order.mode, Cause::Shopper);
    let resumed = perform::resume_left(app, store_id, mode, payment_intent_id, cause).await;
    if let Err(error) = resumed {
        tracing::warn!(%store_id, order_id = %order.id, ?error, "the order's payment is taken later");
    }
    let fresh = db::orders::find(&mut app.db.read().await?, store_id, order.id).await?;
    Ok(Placed::Existing(fresh.unwrap_or(order)))
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

/// The cart had an order first: by this payment, and then it is the one; or by another one, and then this one is given back.
async fn taken(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    proof: &Proof,
) -> Result<Placed, ApiError> {
    let intent = proof.payment_intent_id.as_str();
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, intent)
        .await?
        .ok_or_else(already_used)?;
    if payment.order_id.is_some() {
        drop(conn);
        return find_made(app, store_id, basket, &payment)
            .await
            .map(Placed::Existing);
    }
    let order = db::orders::find_open_by_cart(&mut conn, store_id, basket.cart.id).await?;
    drop(conn);
    if order.is_some_and(|order| is_firm(&order)) {
        release(app, store_id, &payment).await?;
        return Err(cart_locked());
    }
    Err(cart_busy())
}
