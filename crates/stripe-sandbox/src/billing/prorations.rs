//! What a change within a period costs or gives back, by the second.
//! Source: Stripe docs, "Prorations".

use serde_json::{Value, json};

use crate::billing::{
    ITEM, at, date_words, number, owned, prices, product_name, subscription_items, text,
};
use crate::ids;
use crate::state::{Document, Ledger};
use crate::v1::StripeError;

/// The invoice items for a change of items at a time. `whole_new`: the new items begin a period of
/// their own, so only what is unused of the old ones is given back.
pub(crate) fn prorations(
    ledger: &Ledger,
    subscription: &Document,
    old: &[Document],
    new: &[Document],
    time: i64,
    whole_new: bool,
) -> Result<Vec<Document>, StripeError> {
    let mut made = Vec::new();
    let same = |one: &Document, other: &Document| {
        at(one, "price/id") == at(other, "price/id")
            && number(one, "quantity") == number(other, "quantity")
    };
    let twin = |item: &Document, among: &[Document]| {
        among
            .iter()
            .find(|other| other.get("id") == item.get("id"))
            .cloned()
    };
    for item in old {
        let stays = twin(item, new).is_some_and(|other| same(item, &other));
        if whole_new || !stays {
            made.push(proration(ledger, subscription, item, item, time, -1)?);
        }
    }
    for item in new.iter().filter(|_| !whole_new) {
        let before = twin(item, old);
        if before.as_ref().is_some_and(|other| same(item, other)) {
            continue;
        }
        let periods = before.or_else(|| old.first().cloned()).unwrap_or_default();
        made.push(proration(ledger, subscription, item, &periods, time, 1)?);
    }
    made.retain(|item| number(item, "amount") != 0);
    Ok(made)
}

fn proration(
    ledger: &Ledger,
    subscription: &Document,
    item: &Document,
    periods: &Document,
    time: i64,
    sign: i64,
) -> Result<Document, StripeError> {
    let currency = owned(subscription, "currency");
    let (start, end) = (
        number(periods, "current_period_start"),
        number(periods, "current_period_end"),
    );
    let whole = subscription_items::cost(ledger, item, &currency)?;
    let left = (end - time).clamp(0, end - start);
    let amount = sign * prices::share(whole, left, end - start);
    let price = at(item, "price").as_object().cloned().unwrap_or_default();
    let product = product_name(ledger, &price).unwrap_or_default();
    let quantity = number(item, "quantity");
    let what = if quantity == 1 {
        product
    } else {
        format!("{quantity} × {product}")
    };
    let words = if sign < 0 {
        "Unused time on"
    } else {
        "Remaining time on"
    };
    let details = json!({
        "subscription": subscription.get("id"), "subscription_item": item.get("id"),
    });
    let made = json!({
        "id": ids::object("ii"),
        "object": ITEM,
        "amount": amount,
        "currency": currency,
        "customer": text(subscription, "customer"),
        "date": time,
        "description": format!("{words} {what} after {}", date_words(time)),
        "discountable": false,
        "discounts": [],
        "invoice": null,
        "livemode": ledger.livemode,
        "metadata": {},
        "net_amount": amount,
        "parent": { "subscription_details": details, "type": "subscription_details" },
        "period": { "end": end, "start": time },
        "pricing": prices::pricing(&price),
        "proration": true,
        "proration_details": { "discount_amounts": [] },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "tax_rates": [],
        "test_clock": at(subscription, "test_clock"),
    });
    match made {
        Value::Object(made) => Ok(made),
        _ => Ok(Document::new()),
    }
}
