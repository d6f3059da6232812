//! `GET /v1/balance`. Source: Stripe API reference, "The Balance object".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::v1::{Call, StripeError};

/// What was captured and not yet paid out: everything is pending, fees are not modelled.
#[expect(clippy::unnecessary_wraps, reason = "every handler has one shape")]
pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let currency = call.ledger.spec.default_currency.as_str();
    let mut pending = BTreeMap::from([(currency, 0_i64)]);
    for charge in call.ledger.charges.values() {
        let sum = pending.entry(&charge.currency).or_default();
        *sum = sum.saturating_add(charge.amount_captured);
    }
    let funds = |amount: i64, currency: &str| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
    let pending: Vec<Value> = pending
        .into_iter()
        .map(|(currency, amount)| funds(amount, currency))
        .collect();
    Ok(json!({
        "object": "balance",
        "available": [funds(0, currency)],
        "livemode": call.ledger.livemode,
        "pending": pending,
    }))
}
