//! What a quantity of something costs. Source: Stripe docs, "Tiered pricing", "Transform quantities".

use serde_json::Value;

use super::decimal::Decimal;
use super::{PRICE_INCLUDED, text};
use crate::state::{Document, Ledger};

/// The amount in one of the price's currencies; none if it does not have this one. `included` is what
/// a price that is not stored yet will answer where it is expanded.
pub(crate) fn amount_in(
    ledger: &Ledger,
    price: &Document,
    included: Option<&Document>,
    currency: &str,
    quantity: i64,
) -> Option<i64> {
    let quantity = transformed(price, quantity);
    let id = text(price, "id").unwrap_or_default();
    let included = included.or_else(|| ledger.documents.get(PRICE_INCLUDED, id));
    let options = included.and_then(|included| included.get("currency_options"));
    let is_own = text(price, "currency") == Some(currency);
    let rate = if is_own {
        None
    } else {
        Some(options?.get(currency)?)
    };
    let field = |name: &str| match rate {
        Some(rate) => rate.get(name),
        None => price.get(name).or_else(|| included?.get(name)),
    };
    if let Some(unit) = field("unit_amount_decimal").and_then(Value::as_str) {
        return Some(Decimal::parse(unit)?.times(quantity).rounded());
    }
    // The customer chooses; what is suggested to them stands for it.
    if let Some(custom) = field("custom_unit_amount").filter(|custom| custom.is_object()) {
        let suggested = custom["preset"]
            .as_i64()
            .or_else(|| custom["minimum"].as_i64());
        return Some(suggested.unwrap_or_default());
    }
    let tiers = field("tiers").and_then(Value::as_array)?;
    let sum = match text(price, "tiers_mode") {
        Some("volume") => volume(tiers, quantity),
        _ => graduated(tiers, quantity),
    };
    Some(sum.rounded())
}

fn transformed(price: &Document, quantity: i64) -> i64 {
    let Some(Value::Object(transform)) = price.get("transform_quantity") else {
        return quantity;
    };
    let by = transform
        .get("divide_by")
        .and_then(Value::as_i64)
        .unwrap_or(1)
        .max(1);
    match transform.get("round").and_then(Value::as_str) {
        Some("down") => quantity / by,
        _ => quantity / by + i64::from(quantity % by > 0),
    }
}

/// All units at the price of the tier that the quantity reaches.
fn volume(tiers: &[Value], quantity: i64) -> Decimal {
    let reached = tiers.iter().find(|tier| quantity <= end(tier));
    reached.map_or_else(Decimal::default, |tier| {
        part(tier, "unit_amount_decimal")
            .times(quantity)
            .plus(part(tier, "flat_amount_decimal"))
    })
}

/// Each unit at the price of the tier that it falls into.
fn graduated(tiers: &[Value], quantity: i64) -> Decimal {
    let mut total = Decimal::default();
    let mut start = 0;
    for tier in tiers {
        if quantity <= start && start > 0 {
            break;
        }
        let units = quantity.min(end(tier)) - start;
        total = total
            .plus(part(tier, "unit_amount_decimal").times(units))
            .plus(part(tier, "flat_amount_decimal"));
        start = end(tier);
    }
    total
}

fn end(tier: &Value) -> i64 {
    tier["up_to"].as_i64().unwrap_or(i64::MAX)
}

fn part(tier: &Value, name: &str) -> Decimal {
    tier[name]
        .as_str()
        .and_then(Decimal::parse)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn steps() -> Vec<Value> {
        vec![
            json!({ "up_to": 5, "unit_amount_decimal": "700", "flat_amount_decimal": "10" }),
            json!({ "up_to": 10, "unit_amount_decimal": "650" }),
            json!({ "up_to": null, "unit_amount_decimal": "600.5" }),
        ]
    }

    #[test]
    fn tiers_are_graduated_or_by_volume() {
        for (quantity, by_volume, by_step) in [
            (1, 710, 710),
            (5, 3510, 3510),
            (6, 3900, 4160),
            (20, 12_010, 12_765),
        ] {
            assert_eq!(
                volume(&steps(), quantity).rounded(),
                by_volume,
                "{quantity}"
            );
            assert_eq!(
                graduated(&steps(), quantity).rounded(),
                by_step,
                "{quantity}"
            );
        }
    }
}
