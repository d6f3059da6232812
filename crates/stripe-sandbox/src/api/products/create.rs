//! `POST /v1/products`.

use serde_json::Value;

use crate::catalogue::{ProductData, add_price, add_product, new_price, new_product, text};
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let data = ProductData {
        given: &call.params,
        prefix: "",
    };
    let mut product = new_product(call, &data)?;
    let id = text(&product, "id").unwrap_or_default().to_owned();
    let price = call.params.object("default_price_data").is_some().then(|| {
        let given = call.params.part("default_price_data");
        new_price(call, &given, "default_price_data", &id)
    });
    let price = price.transpose()?;
    let default_price = price.as_ref().map(|new| new.price["id"].clone());
    product.insert("default_price".to_owned(), default_price.into());
    let answer = add_product(call, product);
    if let Some(new) = price {
        add_price(call, new);
    }
    Ok(answer)
}
