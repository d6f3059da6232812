//! Prices come from the catalogue when the shopper checks out. One that has changed since it was put into the cart is shown before
//! anything is paid: the first call answers 409 and moves the cart to the present prices, the next one goes on with them.

use db::Conn;
use db::carts::Line;
use db::checkouts::Checkout;
use db::products::Product;
use domain::{Currency, StoreId};

use super::cart_wire::total_to_pay;
use crate::app::App;
use crate::error::ApiError;
use crate::orders::place::Basket;

/// A line's price against the catalogue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceState {
    /// As it was, or not from the catalogue.
    Same,
    /// Another one.
    Changed,
    /// The product is not sold any more, or not in this currency.
    Gone,
}

/// The products of these lines that are still sold.
pub async fn products_of(
    conn: &mut Conn,
    store_id: StoreId,
    lines: &[Line],
) -> Result<Vec<Product>, ApiError> {
    let ids: Vec<_> = lines.iter().filter_map(|line| line.product_id).collect();
    Ok(db::products::find_many_active(conn, store_id, &ids).await?)
}

/// Each line at the catalogue's price, and how that compares to its own. What is gone keeps its price.
pub fn at_present(
    lines: &[Line],
    currency: Currency,
    products: &[Product],
) -> Vec<(Line, PriceState)> {
    let compare = |line: &Line| {
        let mut line = line.clone();
        let Some(product_id) = line.product_id else {
            return (line, PriceState::Same);
        };
        let product = products
            .iter()
            .find(|product| product.id == product_id && product.currency == currency);
        let Some(product) = product else {
            return (line, PriceState::Gone);
        };
        if product.unit_amount_minor == line.unit_amount_minor {
            return (line, PriceState::Same);
        }
        line.unit_amount_minor = product.unit_amount_minor;
        (line, PriceState::Changed)
    };
    lines.iter().map(compare).collect()
}

/// 409 `product_unavailable` where something is no longer sold. 409 `price_changed` where a price has changed: the cart, and the
/// checkout through which it is paid, have the present prices from then on.
pub async fn check(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    checkout: Option<&Checkout>,
) -> Result<(), ApiError> {
    let products = products_of(&mut app.db.read().await?, store_id, &basket.lines).await?;
    let compared = at_present(&basket.lines, basket.cart.currency, &products);
    let gone = compared
        .iter()
        .position(|(_, state)| *state == PriceState::Gone);
    if let Some(position) = gone {
        let name = &compared[position].0.name;
        let message =
            format!("\"{name}\" is no longer sold. Take it out of the cart, then try again.");
        let error = ApiError::conflict("product_unavailable", message);
        return Err(error.param(format!("items[{position}].product_id")));
    }
    if compared.iter().all(|(_, state)| *state == PriceState::Same) {
        return Ok(());
    }
    let lines: Vec<Line> = compared.into_iter().map(|(line, _)| line).collect();
    move_to_present(app, store_id, basket, &lines, checkout).await?;
    Err(ApiError::conflict(
        "price_changed",
        "A price has changed since this was put into the cart. Read the cart again, show its new total, then try again.",
    )
    .param("items"))
}

async fn move_to_present(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    lines: &[Line],
    checkout: Option<&Checkout>,
) -> Result<(), ApiError> {
    let shipping_minor = checkout.map_or(0, |checkout| checkout.shipping_minor);
    let total = total_to_pay(basket.cart.currency, lines, shipping_minor)?;
    let mut tx = app.db.begin().await?;
    if !db::carts::replace_lines(&mut tx, store_id, &basket.cart, lines).await? {
        // Somebody else has just done it, or changed the lines: the next call looks again.
        return Ok(tx.rollback().await?);
    }
    if let Some(checkout) = checkout {
        let (version, amount_minor) = (basket.cart.version + 1, total.amount_minor());
        db::checkouts::follow_cart(&mut tx, store_id, checkout.id, version, amount_minor).await?;
    }
    Ok(tx.commit().await?)
}
