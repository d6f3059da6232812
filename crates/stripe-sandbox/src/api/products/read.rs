//! `GET /v1/products` and `/v1/products/{id}`.

use serde_json::{Value, json};

use crate::catalogue::{PRODUCT, text};
use crate::v1::{Call, StripeError, list};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.documents.find(PRODUCT, call.id())?;
    Ok(Value::Object(found.clone()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let ids = call.params.texts("ids");
    list::documents(call, PRODUCT, |product| {
        let same = |name: &str| {
            let wanted = call.params.get(name);
            wanted.is_none_or(|wanted| product.get(name).unwrap_or(&json!(false)) == wanted)
        };
        let id = text(product, "id").unwrap_or_default();
        let named = ids
            .as_ref()
            .is_none_or(|ids| ids.iter().any(|known| known == id));
        named
            && ["active", "shippable", "type", "url"]
                .iter()
                .all(|name| same(name))
    })
}
