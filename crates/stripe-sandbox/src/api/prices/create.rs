//! `POST /v1/prices`.

use serde_json::Value;

use super::lookup_key;
use crate::catalogue::{add_price, new_price, product_of};
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = std::mem::take(&mut call.params);
    let product = product_of(call, &given, "")?;
    let mut new = new_price(call, &given, "", &product.id())?;
    lookup_key::claim(call, &given, &mut new.price)?;
    product.store(call, true);
    Ok(add_price(call, new))
}
