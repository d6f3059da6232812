//! Prices that depend on the quantity. Source: Stripe docs, "Tiered pricing".

use serde_json::{Value, json};

use super::decimal::Decimal;
use crate::api::check;
use crate::params::Params;
use crate::v1::StripeError;

/// More than any price list has; a bound for the request.
const MAX_TIERS: usize = 100;

/// The price's `tiers`, from the parameters' ones.
pub(super) fn tiers(given: &[Value], prefix: &str) -> Result<Value, StripeError> {
    let refuse = |message: &str| Err(StripeError::invalid(message).param(prefix));
    if given.is_empty() || given.len() > MAX_TIERS {
        return refuse("You must specify between 1 and 100 tiers.");
    }
    let mut made = Vec::with_capacity(given.len());
    let mut reached = 0;
    for (index, tier) in given.iter().enumerate() {
        let prefix = format!("{prefix}[{index}]");
        let tier = Params::from(tier.as_object().cloned().unwrap_or_default());
        let is_last = index + 1 == given.len();
        match tier.integer("up_to") {
            Some(_) if is_last => {
                return refuse("The last tier must have `up_to` set to `inf`.");
            }
            None if !is_last => {
                return refuse("Only the last tier can have `up_to` set to `inf`.");
            }
            Some(up_to) if up_to <= reached => {
                return refuse(
                    "The `up_to` of each tier must be greater than that of the tier before.",
                );
            }
            up_to => reached = up_to.unwrap_or(reached),
        }
        let unit = amount(&tier, "unit_amount", &prefix)?;
        let flat = amount(&tier, "flat_amount", &prefix)?;
        if unit.is_none() && flat.is_none() {
            return Err(StripeError::invalid(
                "Each tier must have a `unit_amount` or a `flat_amount`, or both.",
            )
            .param(&prefix));
        }
        made.push(json!({
            "flat_amount": flat.and_then(Decimal::whole),
            "flat_amount_decimal": flat.map(|amount| amount.to_string()),
            "unit_amount": unit.and_then(Decimal::whole),
            "unit_amount_decimal": unit.map(|amount| amount.to_string()),
            "up_to": tier.integer("up_to"),
        }));
    }
    Ok(Value::Array(made))
}

/// `NAME` or `NAME_decimal`.
pub(super) fn amount(
    given: &Params,
    name: &str,
    prefix: &str,
) -> Result<Option<Decimal>, StripeError> {
    let decimal_name = format!("{name}_decimal");
    let param = check::within(prefix, name);
    match (given.integer(name), given.text(&decimal_name)) {
        (Some(_), Some(_)) => Err(StripeError::invalid(format!(
            "You may only specify one of these parameters: {name}, {decimal_name}."
        ))
        .param(&param)),
        (Some(amount), None) => {
            check::at_least(&param, amount, 0)?;
            Ok(Some(Decimal::from_minor(amount)))
        }
        (None, Some(text)) => Decimal::read(text, &check::within(prefix, &decimal_name)).map(Some),
        (None, None) => Ok(None),
    }
}
