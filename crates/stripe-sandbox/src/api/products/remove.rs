//! `DELETE /v1/products/{id}`. Source: Stripe API reference, "Delete a product".

use serde_json::Value;

use crate::catalogue::{PRICE, PRODUCT, text};
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    call.ledger.documents.find(PRODUCT, &id)?;
    let is_its = |price: &Document| text(price, "product") == Some(id.as_str());
    if call.ledger.documents.all(PRICE).any(is_its) {
        let message =
            "This product cannot be deleted because it has one or more user-created prices.";
        return Err(StripeError::invalid(message));
    }
    Ok(call.delete(PRODUCT, &id, "product.deleted"))
}
