//! A name of the merchant's that one price has at a time. Source: Stripe API reference, "Create a
//! price", `lookup_key` and `transfer_lookup_key`.

use serde_json::Value;

use crate::api::check;
use crate::catalogue::{PRICE, text};
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// Stripe API reference: "This may be up to 200 characters."
const MAX_CHARS: usize = 200;

/// Gives the price its key; another price that has it loses it where the request says so. A price
/// that is out of sale keeps its key as well as any other.
pub(super) fn claim(
    call: &mut Call<'_>,
    given: &Params,
    price: &mut Document,
) -> Result<(), StripeError> {
    let Some(key) = given.text("lookup_key") else {
        if given.get("lookup_key").is_some() {
            price.shift_remove("lookup_key");
        }
        return Ok(());
    };
    check::length("lookup_key", key, MAX_CHARS)?;
    let is_holder = |other: &&Document| {
        text(other, "lookup_key") == Some(key) && other.get("id") != price.get("id")
    };
    let holder = call.ledger.documents.all(PRICE).find(is_holder).cloned();
    if let Some(mut holder) = holder {
        if !given.flag("transfer_lookup_key") {
            let id = text(&holder, "id").unwrap_or_default();
            let message = format!("A price (`{id}`) already uses that lookup key.");
            return Err(StripeError::invalid(message).param("lookup_key"));
        }
        holder.shift_remove("lookup_key");
        call.change(holder, "price.updated");
    }
    price.insert("lookup_key".to_owned(), Value::from(key));
    Ok(())
}
