//! How many names an object's metadata may have once a request has added its own. Each object has the
//! same limit, so that one place holds it for all. Source: Stripe docs, "Metadata".

use serde_json::Value;

use crate::params::METADATA_KEYS;
use crate::spec::Endpoint;
use crate::v1::{Call, StripeError};

/// Refuses the name too many before anything is done.
pub(super) fn check(call: &Call<'_>, endpoint: &Endpoint) -> Result<(), StripeError> {
    let (Some(change), Some(id)) = (call.params.object("metadata"), call.ids.last()) else {
        return Ok(());
    };
    let object = call.ledger.object(endpoint.object, id);
    let Some(before) = object.as_ref().and_then(|one| one["metadata"].as_object()) else {
        return Ok(());
    };
    let stays = |name: &&String| change.get(*name).and_then(Value::as_str) != Some("");
    let kept = before.keys().filter(stays).count();
    let new = |(name, value): &(&String, &Value)| {
        value.as_str() != Some("") && !before.contains_key(*name)
    };
    if kept + change.iter().filter(new).count() <= METADATA_KEYS {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "You can only have up to {METADATA_KEYS} metadata keys."
    ))
    .param("metadata"))
}
