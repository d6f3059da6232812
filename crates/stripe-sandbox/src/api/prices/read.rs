//! `GET /v1/prices` and `/v1/prices/{id}`.

use serde_json::Value;

use crate::catalogue::{PRICE, is_inline, text};
use crate::state::Document;
use crate::v1::{Call, StripeError, list};

/// Stripe API reference: "Only return the price with these `lookup_keys` … up to 10".
const MAX_LOOKUP_KEYS: usize = 10;

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.documents.find(PRICE, call.id())?;
    Ok(Value::Object(found.clone()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let keys = call.params.texts("lookup_keys");
    if keys
        .as_ref()
        .is_some_and(|keys| keys.len() > MAX_LOOKUP_KEYS)
    {
        let message = format!("You may only specify up to {MAX_LOOKUP_KEYS} lookup keys.");
        return Err(StripeError::invalid(message).param("lookup_keys"));
    }
    list::documents(call, PRICE, |price| {
        let keyed = keys.as_ref().is_none_or(|keys| {
            let key = text(price, "lookup_key");
            key.is_some_and(|key| keys.iter().any(|wanted| wanted == key))
        });
        let same = |name: &&str| {
            let wanted = call.params.get(name);
            wanted.is_none_or(|wanted| price.get(*name) == Some(wanted))
        };
        let inline = is_inline(call.ledger, text(price, "id").unwrap_or_default());
        let fields = ["active", "currency", "product", "type"];
        !inline && keyed && fields.iter().all(same) && repeats_so(call, price)
    })
}

fn repeats_so(call: &Call<'_>, price: &Document) -> bool {
    let Some(wanted) = call.params.object("recurring") else {
        return true;
    };
    let recurring = price.get("recurring").unwrap_or(&Value::Null);
    wanted
        .iter()
        .all(|(name, value)| recurring.get(name) == Some(value))
}
