//! What is sold: products and prices, whichever endpoint makes them, and what a price comes to.

mod amount;
mod decimal;
mod inline;
mod plan;
mod price;
mod product;
mod recurring;
mod tiers;

pub(crate) use amount::amount_in;
pub(crate) use inline::plan_inline_price;
pub(crate) use plan::plan;
pub(crate) use price::{NewPrice, add_price, currency_options, new_price};
pub(crate) use product::{
    PRODUCT, ProductChoice, ProductData, add_product, describe, new_product, product_of,
};

use crate::state::{Document, Ledger};
use crate::v1::StripeError;
use serde_json::Value;

pub(crate) const PRICE: &str = "price";
/// What a price answers only where it is expanded, under the price's id.
pub(crate) const PRICE_INCLUDED: &str = "price.included";

/// The price that a parameter names, if it can be sold.
pub(crate) fn price_on_sale(
    ledger: &Ledger,
    id: &str,
    param: &str,
) -> Result<Document, StripeError> {
    let found = ledger.documents.get(PRICE, id);
    let price = found.ok_or_else(|| StripeError::no_such(PRICE, id, param))?;
    if !is_active(price) {
        let message = "The price specified is inactive. This field only accepts active prices.";
        return Err(StripeError::invalid(message).param(param));
    }
    let product = text(price, "product").and_then(|id| ledger.documents.get(PRODUCT, id));
    if !product.is_some_and(is_active) {
        let message =
            "This price is not available to be purchased because its product is not active.";
        return Err(StripeError::invalid(message).param(param));
    }
    Ok(price.clone())
}

/// Whether the price was made for one purchase only.
pub(crate) fn is_inline(ledger: &Ledger, price_id: &str) -> bool {
    let included = ledger.documents.get(PRICE_INCLUDED, price_id);
    included.is_some_and(|included| included.contains_key("inline"))
}

pub(crate) fn is_active(document: &Document) -> bool {
    document.get("active").and_then(Value::as_bool) == Some(true)
}

pub(crate) fn text<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    document.get(name)?.as_str()
}
