//! What the customer may change of an open session: quantities that the shop lets them adjust, and
//! the way of shipping.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::payer::refusal;
use super::{Hidden, open, set_items};
use crate::catalogue;
use crate::state::{Document, Ledger};
use crate::v1::StripeError;

pub(crate) fn choose(
    ledger: &mut Ledger,
    id: &str,
    quantities: &HashMap<String, i64>,
    shipping_rate: Option<&str>,
) -> Result<(), StripeError> {
    let mut session = open(ledger, id)?;
    let mut items = Hidden::of(ledger, id).items().to_vec();
    for item in &mut items {
        let wanted = item["id"].as_str().and_then(|id| quantities.get(id));
        if let Some(wanted) = wanted {
            adjust(ledger, item, *wanted)?;
        }
    }
    if let Some(rate) = shipping_rate {
        ship(&mut session, rate)?;
    }
    set_items(ledger, &mut session, items);
    ledger.documents.insert(session);
    Ok(())
}

fn adjust(ledger: &Ledger, item: &mut Value, quantity: i64) -> Result<(), StripeError> {
    let limits = &item["adjustable_quantity"];
    let limit = |name: &str| limits[name].as_i64().unwrap_or_default();
    // What is not wanted at all is not bought here.
    let range = limit("minimum").max(1)..=limit("maximum");
    if limits["enabled"] != true || !range.contains(&quantity) {
        let message = format!(
            "Choose a quantity from {} to {}.",
            range.start(),
            range.end()
        );
        return Err(refusal("quantity", &message));
    }
    let price: Document = item["price"].as_object().cloned().unwrap_or_default();
    let currency = item["currency"].as_str().unwrap_or_default();
    let amount = catalogue::amount_in(ledger, &price, None, currency, quantity).unwrap_or_default();
    item["quantity"] = json!(quantity);
    item["amount_subtotal"] = json!(amount);
    item["amount_total"] = json!(amount);
    Ok(())
}

fn ship(session: &mut Document, rate: &str) -> Result<(), StripeError> {
    let options = session.get("shipping_options").and_then(Value::as_array);
    let chosen = options
        .into_iter()
        .flatten()
        .find(|option| option["shipping_rate"] == rate);
    let amount = chosen.and_then(|option| option["shipping_amount"].as_i64());
    let amount = amount.ok_or_else(|| refusal("shipping_rate", "The shop does not offer that."))?;
    let cost = json!({
        "amount_subtotal": amount, "amount_tax": 0, "amount_total": amount, "shipping_rate": rate,
    });
    session.insert("shipping_cost".to_owned(), cost);
    Ok(())
}
