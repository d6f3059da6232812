//! Prices that are made within another request, for one purchase: `price_data`.
//! Source: Stripe docs, "How products and prices work", "Inline pricing".

use serde_json::json;

use super::{NewPrice, ProductChoice, new_price, product_of};
use crate::params::Params;
use crate::v1::{Call, StripeError};

/// The price of a `price_data`, and its product. Neither can be bought again, and neither is listed.
/// Nothing is stored yet.
pub(crate) fn plan_inline_price(
    call: &Call<'_>,
    data: &Params,
    prefix: &str,
) -> Result<(ProductChoice, NewPrice), StripeError> {
    let product = product_of(call, data, prefix)?;
    let mut new = new_price(call, data, prefix, &product.id())?;
    new.price.insert("active".to_owned(), json!(false));
    new.included.insert("inline".to_owned(), json!(true));
    Ok((product, new))
}
