//! What a price comes to on an invoice, and how invoices write it.

use serde_json::{Value, json};

use crate::billing::{Interval, at, owned, text};
use crate::catalogue;
use crate::currencies;
use crate::state::{Document, Ledger};
use crate::v1::StripeError;

/// The price's amount for a quantity in minor units of the currency, or Stripe's refusal.
pub(crate) fn amount(
    ledger: &Ledger,
    price: &Document,
    quantity: i64,
    currency: &str,
) -> Result<i64, StripeError> {
    if at(price, "custom_unit_amount").is_object() {
        return Err(StripeError::invalid(
            "Prices with `custom_unit_amount` can only be used in Checkout Sessions.",
        )
        .param("price"));
    }
    let amount = catalogue::amount_in(ledger, price, None, currency, quantity);
    let amount = amount.ok_or_else(|| {
        let id = owned(price, "id");
        StripeError::invalid(format!(
            "The price specified ({id}) does not support the currency `{currency}`. You can add the currency to the price's `currency_options`."
        ))
        .param("currency")
    })?;
    bounded(amount, "quantity")
}

/// The amount, unless it has more than twelve digits. What is summed up stays far from what overflows.
pub(crate) fn bounded(amount: i64, param: &str) -> Result<i64, StripeError> {
    let most = currencies::MAXIMUM_MINOR_IDR;
    if amount.unsigned_abs() <= most.unsigned_abs() {
        return Ok(amount);
    }
    let message = format!("Amount must be no more than {most}");
    Err(StripeError::invalid(message)
        .code("amount_too_large")
        .param(param))
}

/// `amount × part / whole`, rounded half away from zero.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let (exact, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let half = if exact < 0 { -whole } else { whole };
    i64::try_from((2 * exact + half) / (2 * whole)).unwrap_or_default()
}

/// `pricing` of a line or an invoice item.
pub(crate) fn pricing(price: &Document) -> Value {
    json!({
        "price_details": { "price": price.get("id"), "product": price.get("product") },
        "type": "price_details",
        "unit_amount_decimal": price.get("unit_amount_decimal"),
    })
}

/// The name of what a price is for.
pub(crate) fn product_name(ledger: &Ledger, price: &Document) -> Option<String> {
    let product = ledger.documents.get("product", text(price, "product")?)?;
    text(product, "name").map(str::to_owned)
}

/// `1 × Coffee (at €5.00 / month)`.
pub(crate) fn line_description(
    ledger: &Ledger,
    price: &Document,
    quantity: i64,
    currency: &str,
) -> String {
    let product = product_name(ledger, price).unwrap_or_default();
    let rhythm = Interval::of(price).map_or(String::new(), |interval| interval.words());
    let tiered = text(price, "billing_scheme") == Some("tiered");
    match catalogue::amount_in(ledger, price, None, currency, 1).filter(|_| !tiered) {
        Some(unit) => {
            let unit = currencies::display_price(unit, currency);
            format!("{quantity} × {product} (at {unit} {rhythm})")
        }
        None => format!("{quantity} × {product}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_away_from_zero() {
        assert_eq!(share(1000, 1, 3), 333);
        assert_eq!(share(1000, 2, 3), 667);
        assert_eq!(share(-5, 1, 2), -3);
        assert_eq!(share(5, 1, 2), 3);
        assert_eq!(share(5, 1, 0), 0);
    }
}
