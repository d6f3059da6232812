//! The items of a subscription: what is bought, how many, and until when it is paid.

use serde_json::{Map, Value, json};

use crate::billing::{
    Interval, Line, at, number, objects, owned, price_amount, prices, pricing, product_name, set,
    text,
};
use crate::catalogue;
use crate::state::{Document, Ledger};
use crate::v1::StripeError;

/// An item as it is answered within its subscription and on its own.
pub(crate) fn item(
    id: &str,
    subscription: &str,
    price: &Document,
    quantity: i64,
    metadata: &Map<String, Value>,
    created: i64,
) -> Document {
    let item = json!({
        "id": id,
        "object": "subscription_item",
        "created": created,
        "discounts": [],
        "metadata": metadata,
        "plan": catalogue::plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    });
    item.as_object().cloned().unwrap_or_default()
}

/// The items of a subscription.
pub(crate) fn items_of(subscription: &Document) -> Vec<Document> {
    objects(subscription, "items/data").cloned().collect()
}

/// Puts the items into their subscription.
pub(crate) fn put_items(subscription: &mut Document, items: &[Document]) {
    let id = owned(subscription, "id");
    let list = json!({
        "object": "list",
        "has_more": false,
        "total_count": items.len(),
        "url": format!("/v1/subscription_items?subscription={id}"),
        "data": items,
    });
    set(subscription, "items", list);
}

/// Until when and from when the items are paid.
pub(crate) fn period(subscription: &Document) -> (i64, i64) {
    let first = objects(subscription, "items/data").next();
    first.map_or((0, 0), |item| {
        let time = |name: &str| number(item, name);
        (time("current_period_start"), time("current_period_end"))
    })
}

pub(crate) fn set_period(items: &mut [Document], (start, end): (i64, i64)) {
    for item in items {
        set(item, "current_period_start", start);
        set(item, "current_period_end", end);
    }
}

/// How often the items are charged.
pub(crate) fn interval(items: &[Document]) -> Option<Interval> {
    Interval::of(at(items.first()?, "price").as_object()?)
}

/// What an item costs in a whole period.
pub(crate) fn cost(ledger: &Ledger, item: &Document, currency: &str) -> Result<i64, StripeError> {
    let none = Document::new();
    let price = at(item, "price").as_object().unwrap_or(&none);
    price_amount(ledger, price, number(item, "quantity"), currency)
}

/// The lines for a period: whole, or `(part, whole)` of it in seconds.
pub(crate) fn lines(
    ledger: &Ledger,
    subscription: &Document,
    items: &[Document],
    period: (i64, i64),
    share: Option<(i64, i64)>,
) -> Result<Vec<Line>, StripeError> {
    let currency = text(subscription, "currency").unwrap_or_default();
    let line = |item: &Document| {
        let whole = cost(ledger, item, currency)?;
        let amount = share.map_or(whole, |(part, of)| prices::share(whole, part, of));
        let price = at(item, "price").as_object().cloned().unwrap_or_default();
        let quantity = number(item, "quantity");
        let description = prices::line_description(ledger, &price, quantity, currency);
        Ok(line(subscription, item, amount, description, period))
    };
    items.iter().map(line).collect()
}

/// The lines of a trial: nothing is due.
pub(crate) fn trial_lines(
    ledger: &Ledger,
    subscription: &Document,
    items: &[Document],
    period: (i64, i64),
) -> Vec<Line> {
    let line = |item: &Document| {
        let price = at(item, "price").as_object().cloned().unwrap_or_default();
        let product = product_name(ledger, &price).unwrap_or_default();
        line(
            subscription,
            item,
            0,
            format!("Trial period for {product}"),
            period,
        )
    };
    items.iter().map(line).collect()
}

fn line(
    subscription: &Document,
    item: &Document,
    amount: i64,
    description: String,
    period: (i64, i64),
) -> Line {
    let price = at(item, "price").as_object().cloned().unwrap_or_default();
    let details = json!({
        "invoice_item": null,
        "proration": false,
        "proration_details": { "credited_items": null },
        "subscription": subscription.get("id"),
        "subscription_item": item.get("id"),
    });
    Line {
        amount,
        currency: owned(subscription, "currency"),
        description,
        quantity: number(item, "quantity"),
        period,
        pricing: pricing(&price),
        parent: json!({
            "subscription_item_details": details, "type": "subscription_item_details",
        }),
        subscription: text(subscription, "id").map(str::to_owned),
        metadata: at(subscription, "metadata")
            .as_object()
            .cloned()
            .unwrap_or_default(),
        discountable: true,
    }
}
