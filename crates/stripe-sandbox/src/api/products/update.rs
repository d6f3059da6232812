//! `POST /v1/products/{id}`.

use serde_json::Value;

use crate::catalogue::{PRICE, PRODUCT, ProductData, describe, is_active, text};
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let before = call.ledger.documents.find(PRODUCT, call.id())?.clone();
    let mut product = before.clone();
    describe(
        &mut product,
        &ProductData {
            given: &call.params,
            prefix: "",
        },
    )?;
    match call.params.get("default_price") {
        Some(Value::String(id)) => set_default_price(call, &mut product, id)?,
        Some(_) => _ = product.insert("default_price".to_owned(), Value::Null),
        None => {}
    }
    if product != before {
        product.insert("updated".to_owned(), Value::from(call.origin.now));
    }
    Ok(call.change(product, "product.updated"))
}

fn set_default_price(call: &Call<'_>, product: &mut Document, id: &str) -> Result<(), StripeError> {
    const PARAM: &str = "default_price";
    let found = call.ledger.documents.get(PRICE, id);
    let price = found.ok_or_else(|| StripeError::no_such(PRICE, id, PARAM))?;
    let refuse = |message: String| Err(StripeError::invalid(message).param(PARAM));
    if text(price, "product") != text(product, "id") {
        return refuse(format!(
            "The price `{id}` cannot be the default price of this product because it belongs to another product."
        ));
    }
    if !is_active(price) {
        return refuse(
            "The price specified is inactive. This field only accepts active prices.".to_owned(),
        );
    }
    product.insert(PARAM.to_owned(), Value::from(id));
    Ok(())
}
