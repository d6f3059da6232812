//! Making a price. Source: Stripe API reference, "Create a price".

use serde_json::{Map, Value, json};

use super::decimal::Decimal;
use super::recurring::recurring;
use super::tiers::{self, tiers};
use super::{PRICE, PRICE_INCLUDED, plan};
use crate::api::check;
use crate::ids;
use crate::objects::merge_metadata;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// A price that is not stored yet.
pub(crate) struct NewPrice {
    pub(crate) price: Document,
    /// What is answered only where it is expanded.
    pub(crate) included: Document,
}

/// The price that the parameters describe. `prefix` is where they stand in the request: nothing, or
/// `default_price_data`, `line_items[0][price_data]`.
pub(crate) fn new_price(
    call: &Call<'_>,
    given: &Params,
    prefix: &str,
    product: &str,
) -> Result<NewPrice, StripeError> {
    let param = |name: &str| check::within(prefix, name);
    let currency = check::currency(
        &param("currency"),
        given.text("currency").unwrap_or_default(),
    )?;
    let mut price = call.blank(PRICE, ids::object("price"));
    let mut put = |name: &str, value: Value| {
        price.insert(name.to_owned(), value);
    };
    put(
        "active",
        json!(given.get("active").is_none_or(|active| *active == true)),
    );
    put("currency", json!(currency));
    put("product", json!(product));
    put(
        "nickname",
        given.get("nickname").cloned().unwrap_or_default(),
    );
    put(
        "tax_behavior",
        json!(given.text("tax_behavior").unwrap_or("unspecified")),
    );
    let repeats = given.object("recurring");
    if let Some(given) = repeats {
        put("recurring", recurring(given, &param("recurring"))?);
    }
    put(
        "type",
        json!(if repeats.is_some() {
            "recurring"
        } else {
            "one_time"
        }),
    );
    let scheme = given.text("billing_scheme").unwrap_or("per_unit");
    put("billing_scheme", json!(scheme));
    let mut included = Document::new();
    if scheme == "tiered" {
        let (mode, tiers) = tiered(given, prefix)?;
        put("tiers_mode", mode);
        included.insert("tiers".to_owned(), tiers);
    } else {
        per_unit(given, prefix, currency, &mut put)?;
    }
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, given.get("metadata"));
    put("metadata", Value::Object(metadata));
    let options = currency_options(given, prefix, &price)?;
    included.insert("currency_options".to_owned(), options);
    Ok(NewPrice { price, included })
}

/// Stores a new price and tells of it; of one that repeats, as the plan that it once was, too.
pub(crate) fn add_price(call: &mut Call<'_>, new: NewPrice) -> Value {
    let NewPrice {
        price,
        mut included,
    } = new;
    included.insert("id".to_owned(), price["id"].clone());
    included.insert("object".to_owned(), Value::from(PRICE_INCLUDED));
    call.ledger.documents.insert(included);
    if let Some(plan) = plan(&price) {
        call.ledger.emit("plan.created", plan, &call.origin);
    }
    call.add(price, "price.created")
}

fn tiered(given: &Params, prefix: &str) -> Result<(Value, Value), StripeError> {
    let param = |name: &str| check::within(prefix, name);
    if given.object("recurring").is_none() {
        let message = "Prices with `type=one_time` are not supported with tiered billing.";
        return Err(StripeError::invalid(message).param("interval"));
    }
    for name in [
        "unit_amount",
        "unit_amount_decimal",
        "transform_quantity",
        "custom_unit_amount",
    ] {
        if given.get(name).is_some() {
            let message = format!("You cannot specify `{name}` when `billing_scheme=tiered`.");
            return Err(StripeError::invalid(message).param(&param(name)));
        }
    }
    let Some(steps) = given.list("tiers") else {
        return Err(check::missing(&param("tiers")));
    };
    let mode = given
        .text("tiers_mode")
        .ok_or_else(|| check::missing(&param("tiers_mode")))?;
    Ok((Value::from(mode), tiers(steps, &param("tiers"))?))
}

fn per_unit(
    given: &Params,
    prefix: &str,
    currency: &str,
    put: &mut impl FnMut(&str, Value),
) -> Result<(), StripeError> {
    let param = |name: &str| check::within(prefix, name);
    for name in ["tiers", "tiers_mode"] {
        if given.get(name).is_some() {
            let message = format!("You can only specify `{name}` when `billing_scheme=tiered`.");
            return Err(StripeError::invalid(message).param(&param(name)));
        }
    }
    let amount = tiers::amount(given, "unit_amount", prefix)?;
    match (amount, custom_amount(given, prefix)?) {
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: unit_amount, custom_unit_amount.";
            return Err(StripeError::invalid(message).param(&param("unit_amount")));
        }
        (None, Some(custom)) => put("custom_unit_amount", custom),
        (Some(amount), None) => {
            check::amount_limit(&param("unit_amount"), amount.rounded(), currency)?;
            put("unit_amount", json!(amount.whole()));
            put("unit_amount_decimal", json!(amount.to_string()));
        }
        (None, None) => {
            return Err(StripeError::invalid(
                "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            ));
        }
    }
    if let Some(transform) = given.object("transform_quantity") {
        let divide_by = transform
            .get("divide_by")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        check::at_least(
            &format!("{}[divide_by]", param("transform_quantity")),
            divide_by,
            1,
        )?;
        put("transform_quantity", Value::Object(transform.clone()));
    }
    Ok(())
}

/// An amount that the customer chooses.
fn custom_amount(given: &Params, prefix: &str) -> Result<Option<Value>, StripeError> {
    let custom = given.part("custom_unit_amount");
    if !custom.flag("enabled") {
        return Ok(None);
    }
    if given.object("recurring").is_some() {
        let message = "Prices with `custom_unit_amount` can only be `type=one_time`.";
        return Err(StripeError::invalid(message).param(&check::within(prefix, "recurring")));
    }
    let amount = |name: &str| custom.integer(name);
    Ok(Some(json!({
        "maximum": amount("maximum"), "minimum": amount("minimum"), "preset": amount("preset"),
    })))
}

/// The price in each of its currencies, its own among them.
pub(crate) fn currency_options(
    given: &Params,
    prefix: &str,
    price: &Document,
) -> Result<Value, StripeError> {
    let field = |name: &str| price.get(name).cloned().unwrap_or_default();
    let own = json!({
        "custom_unit_amount": field("custom_unit_amount"),
        "tax_behavior": field("tax_behavior"),
        "unit_amount": field("unit_amount"),
        "unit_amount_decimal": field("unit_amount_decimal"),
    });
    let mut options = Map::new();
    let own_currency = field("currency");
    options.insert(own_currency.as_str().unwrap_or_default().to_owned(), own);
    for (currency, option) in given.object("currency_options").into_iter().flatten() {
        let prefix = format!("{}[{currency}]", check::within(prefix, "currency_options"));
        let code = check::currency(&prefix, currency)?;
        if own_currency == code {
            let message = format!(
                "You cannot specify the price's own currency, {code}, in `currency_options`."
            );
            return Err(StripeError::invalid(message).param(&prefix));
        }
        let option = Params::from(option.as_object().cloned().unwrap_or_default());
        let amount = tiers::amount(&option, "unit_amount", &prefix)?;
        let mut made = json!({
            "custom_unit_amount": custom_amount(&option, &prefix)?,
            "tax_behavior": option.text("tax_behavior").unwrap_or("unspecified"),
            "unit_amount": amount.and_then(Decimal::whole),
            "unit_amount_decimal": amount.map(|amount| amount.to_string()),
        });
        if let Some(steps) = option.list("tiers") {
            made["tiers"] = tiers(steps, &check::within(&prefix, "tiers"))?;
        }
        options.insert(code.to_owned(), made);
    }
    Ok(Value::Object(options))
}
