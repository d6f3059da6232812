//! The lines of an invoice. Source: Stripe API reference, "The Invoice Line Item object".

use serde_json::{Map, Value, json};

use crate::billing::{at, flag, number, owned, set, text};
use crate::ids;
use crate::state::Document;

/// What a line is made of.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) description: String,
    pub(crate) quantity: i64,
    pub(crate) period: (i64, i64),
    /// `pricing` of the line: which price it is charged by.
    pub(crate) pricing: Value,
    pub(crate) parent: Value,
    pub(crate) subscription: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) discountable: bool,
}

impl Line {
    /// The line on an invoice.
    pub(crate) fn on(self, invoice: &Document) -> Value {
        json!({
            "id": ids::object("il"),
            "object": "line_item",
            "amount": self.amount,
            "currency": self.currency,
            "description": self.description,
            "discount_amounts": [],
            "discountable": self.discountable,
            "invoice": invoice.get("id"),
            "livemode": invoice.get("livemode"),
            "metadata": self.metadata,
            "parent": self.parent,
            "period": { "end": self.period.1, "start": self.period.0 },
            "pretax_credit_amounts": [],
            "pricing": self.pricing,
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "subscription": self.subscription,
            "subtotal": self.amount,
            "taxes": [],
        })
    }
}

/// The line that an invoice item becomes.
pub(crate) fn from_item(item: &Document) -> Line {
    let subscription = text(item, "parent/subscription_details/subscription").map(str::to_owned);
    let proration = flag(item, "proration");
    let subscription_item = text(item, "parent/subscription_details/subscription_item");
    let credited = json!({ "credited_items": null });
    let parent = match subscription_item {
        Some(subscription_item) => json!({
            "subscription_item_details": {
                "invoice_item": item.get("id"),
                "proration": proration,
                "proration_details": credited,
                "subscription": subscription,
                "subscription_item": subscription_item,
            },
            "type": "subscription_item_details",
        }),
        None => json!({
            "invoice_item_details": {
                "invoice_item": item.get("id"),
                "proration": proration,
                "proration_details": credited,
                "subscription": subscription,
            },
            "type": "invoice_item_details",
        }),
    };
    Line {
        amount: number(item, "amount"),
        currency: owned(item, "currency"),
        description: owned(item, "description"),
        quantity: number(item, "quantity"),
        period: (number(item, "period/start"), number(item, "period/end")),
        pricing: at(item, "pricing").clone(),
        parent,
        subscription,
        metadata: at(item, "metadata")
            .as_object()
            .cloned()
            .unwrap_or_default(),
        discountable: flag(item, "discountable"),
    }
}

/// Puts lines at the end of an invoice's list.
pub(super) fn append(invoice: &mut Document, lines: impl IntoIterator<Item = Line>) {
    let rendered: Vec<Value> = lines.into_iter().map(|line| line.on(invoice)).collect();
    let mut data = at(invoice, "lines/data")
        .as_array()
        .cloned()
        .unwrap_or_default();
    data.extend(rendered);
    set(invoice, "lines/total_count", data.len());
    set(invoice, "lines/data", data);
}
