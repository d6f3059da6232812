//! Prices that are made within another request, for one purchase: `price_data`.
//! Source: Stripe docs, "How products and prices work", "Inline pricing".

use serde_json::{Value, json};

use super::{add_price, new_price, product_of};
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// Makes the price of a `price_data`, and its product if that is new. Neither can be bought again,
/// and neither is listed. Nothing is stored if anything is refused.
pub(crate) fn inline_price(
    call: &mut Call<'_>,
    data: &Params,
    prefix: &str,
) -> Result<Document, StripeError> {
    let product = product_of(call, data, prefix)?;
    let mut new = new_price(call, data, prefix, &product.id())?;
    new.price.insert("active".to_owned(), json!(false));
    new.included.insert("inline".to_owned(), json!(true));
    product.store(call, false);
    match add_price(call, new) {
        Value::Object(price) => Ok(price),
        _ => Ok(Document::new()),
    }
}
