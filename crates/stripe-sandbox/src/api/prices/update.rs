//! `POST /v1/prices/{id}`.

use serde_json::{Value, json};

use super::lookup_key;
use crate::catalogue::{PRICE, PRICE_INCLUDED, PRODUCT, currency_options, plan, text};
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let before = call.ledger.documents.find(PRICE, call.id())?.clone();
    let given = std::mem::take(&mut call.params);
    let mut price = before.clone();
    if given.get("active") == Some(&json!(false)) {
        check_not_default(call, &price)?;
    }
    let settled = text(&price, "tax_behavior").is_some_and(|known| known != "unspecified");
    if settled
        && given
            .get("tax_behavior")
            .is_some_and(|wanted| Some(wanted) != price.get("tax_behavior"))
    {
        let message =
            "You cannot change `tax_behavior` once it is set to `inclusive` or `exclusive`.";
        return Err(StripeError::invalid(message).param("tax_behavior"));
    }
    let options = currency_options(&given, "", &price)?;
    lookup_key::claim(call, &given, &mut price)?;
    echo(
        &mut price,
        PRICE,
        &given,
        &["lookup_key", "currency_options"],
    );
    merge_options(call, options);
    if price != before
        && let Some(plan) = plan(&price)
    {
        call.ledger.emit("plan.updated", plan, &call.origin);
    }
    Ok(call.change(price, "price.updated"))
}

/// A product's default price has to be for sale.
fn check_not_default(call: &Call<'_>, price: &Document) -> Result<(), StripeError> {
    let product = text(price, "product").and_then(|id| call.ledger.documents.get(PRODUCT, id));
    if product.and_then(|product| product.get("default_price")) != price.get("id") {
        return Ok(());
    }
    Err(StripeError::invalid(
        "This price cannot be archived because it is the default price of its product.",
    ))
}

fn merge_options(call: &mut Call<'_>, options: Value) {
    let id = call.id().to_owned();
    let included = call.ledger.documents.get_mut(PRICE_INCLUDED, &id);
    let known = included.and_then(|included| included.get_mut("currency_options"));
    if let (Some(Value::Object(known)), Value::Object(options)) = (known, options) {
        known.extend(options);
    }
}
