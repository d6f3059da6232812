//! Amounts that a request gives: as a number, by a price, or by a price of its own.

use serde_json::{Value, json};

use crate::billing::{Interval, bounded, price_amount, pricing, product_name, text};
use crate::catalogue;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// What something costs, and what it is.
pub(crate) struct Charged {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) quantity: i64,
    pub(crate) pricing: Value,
    pub(crate) description: Option<String>,
}

/// Reads `amount`, `price`, `pricing[price]`, `price_data` or `unit_amount_decimal` with `quantity`.
/// `prefix` is where these parameters stand in the request, `currency` what they are charged in
/// where they do not say.
pub(crate) fn charged(
    call: &mut Call<'_>,
    given: &Params,
    prefix: &str,
    currency: &str,
) -> Result<Charged, StripeError> {
    let quantity = quantity(given, prefix)?;
    let Some((price, param)) = price(call, given, prefix)? else {
        return by_amount(call, given, prefix, currency, quantity);
    };
    if given.get("amount").is_some() {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: amount, price.",
        )
        .param(&path(prefix, "amount")));
    }
    if Interval::of(&price).is_some() {
        return Err(StripeError::invalid("The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.")
            .param(&param));
    }
    let currency = given.text("currency").or_else(|| text(&price, "currency"));
    let currency = currency.unwrap_or_default().to_lowercase();
    Ok(Charged {
        amount: price_amount(call.ledger, &price, quantity, &currency)?,
        pricing: pricing(&price),
        description: product_name(call.ledger, &price),
        currency,
        quantity,
    })
}

/// `quantity`, one where it is not given.
pub(crate) fn quantity(given: &Params, prefix: &str) -> Result<i64, StripeError> {
    /// More than anybody sells, and far from what overflows.
    const MAX: i64 = 1_000_000_000;
    let quantity = given.integer("quantity").unwrap_or(1);
    let bound = match quantity {
        ..0 => "greater than or equal to 0",
        0..=MAX => return Ok(quantity),
        _ => "less than or equal to 1000000000",
    };
    Err(StripeError::invalid(format!("This value must be {bound}."))
        .code("parameter_invalid_integer")
        .param(&path(prefix, "quantity")))
}

/// The price that is named or made by the request, and the parameter that says so.
pub(crate) fn price(
    call: &mut Call<'_>,
    given: &Params,
    prefix: &str,
) -> Result<Option<(Document, String)>, StripeError> {
    let named = ["price", "plan"]
        .iter()
        .find_map(|name| Some((given.text(name)?, *name)));
    let within = given
        .object("pricing")
        .and_then(|pricing| pricing.get("price")?.as_str());
    let named = named.or_else(|| within.map(|id| (id, "pricing[price]")));
    if let Some((id, name)) = named {
        let param = path(prefix, name);
        let price = catalogue::price_on_sale(call.ledger, id, &param)?;
        return Ok(Some((price, param)));
    }
    let Some(data) = given.object("price_data").cloned() else {
        return Ok(None);
    };
    let param = path(prefix, "price_data");
    let (product, new) = catalogue::plan_inline_price(call, &Params::from(data), &param)?;
    product.store(call, false);
    let price = catalogue::add_price(call, new);
    Ok(Some((
        price.as_object().cloned().unwrap_or_default(),
        param,
    )))
}

fn by_amount(
    call: &Call<'_>,
    given: &Params,
    prefix: &str,
    currency: &str,
    quantity: i64,
) -> Result<Charged, StripeError> {
    let decimal = given.text("unit_amount_decimal").map(str::to_owned);
    let whole = given
        .integer("unit_amount")
        .map(|amount| amount.to_string());
    let (amount, quantity, unit) = match (given.integer("amount"), decimal.or(whole)) {
        (Some(amount), None) => (amount, 1, amount.to_string()),
        (None, Some(unit)) => {
            let once = json!({ "currency": currency, "unit_amount_decimal": unit.trim_start_matches('-') });
            let once = once.as_object().cloned().unwrap_or_default();
            let amount = price_amount(call.ledger, &once, quantity, currency)?;
            (
                if unit.starts_with('-') {
                    -amount
                } else {
                    amount
                },
                quantity,
                unit,
            )
        }
        (Some(_), Some(_)) => {
            return Err(StripeError::invalid(
                "You may only specify one of these parameters: amount, unit_amount_decimal.",
            )
            .param(&path(prefix, "amount")));
        }
        (None, None) => {
            return Err(StripeError::invalid(
                "You must provide one of the following parameters: `amount`, `pricing[price]`, `price_data`, or `unit_amount_decimal`.",
            )
            .code("parameter_missing")
            .param(&path(prefix, "amount")));
        }
    };
    Ok(Charged {
        amount: bounded(amount, &path(prefix, "amount"))?,
        currency: currency.to_owned(),
        quantity,
        pricing: json!({ "type": "price_details", "unit_amount_decimal": unit }),
        description: None,
    })
}

/// `items[0]` and `pricing[price]` → `items[0][pricing][price]`.
pub(crate) fn path(prefix: &str, name: &str) -> String {
    match (prefix, name.split_once('[')) {
        ("", _) => name.to_owned(),
        (prefix, Some((first, rest))) => format!("{prefix}[{first}][{rest}"),
        (prefix, None) => format!("{prefix}[{name}]"),
    }
}
