//! What a session sells. Everything is checked before anything is made.
//! Source: Stripe API reference, "Create a Checkout Session", `line_items`.

use serde_json::{Value, json};

use crate::api::check;
use crate::catalogue::{self, NewPrice, ProductChoice, text};
use crate::ids;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// Stripe API reference: "a maximum of 100 line items" in payment mode; in subscription mode 20 that
/// repeat and 20 that do not.
const MAX_ITEMS: usize = 100;
const MAX_SUBSCRIPTION_ITEMS: usize = 20;
/// A session is for one purchase by one customer.
const MAX_QUANTITY: i64 = 999_999;
/// Stripe API reference, `adjustable_quantity`: the limits where none is given.
const ADJUSTABLE: (i64, i64) = (0, 99);

/// The lines of a session that is to be made.
pub(super) struct Plan {
    /// Empty where nothing has a price.
    pub(super) currency: String,
    lines: Vec<Line>,
}

/// One line that was found to be right.
struct Line {
    /// The id of a line that stays.
    id: Option<String>,
    price: Document,
    /// A price of its own, which is stored with the session.
    inline: Option<(Document, ProductChoice)>,
    description: String,
    quantity: i64,
    amount: i64,
    adjustable_quantity: Value,
    metadata: Value,
}

pub(super) fn plan(call: &Call<'_>, mode: &str) -> Result<Plan, StripeError> {
    let currency = call.params.text("currency");
    let currency = currency
        .map(|code| check::currency("currency", code))
        .transpose()?;
    let mut plan = Plan {
        currency: currency.unwrap_or_default().to_owned(),
        lines: Vec::new(),
    };
    if mode == "setup" {
        return Ok(plan);
    }
    let given = call
        .params
        .list("line_items")
        .filter(|items| !items.is_empty());
    let given = given.ok_or_else(|| check::missing("line_items"))?;
    for (index, item) in given.iter().enumerate() {
        let prefix = format!("line_items[{index}]");
        let item = Params::from(item.as_object().cloned().unwrap_or_default());
        let line = line(call, &item, &prefix, mode, &plan.currency)?;
        if plan.currency.is_empty() {
            text(&line.price, "currency")
                .unwrap_or_default()
                .clone_into(&mut plan.currency);
        }
        plan.lines.push(line);
    }
    plan.check(mode)?;
    Ok(plan)
}

/// The lines of an open session as an update leaves them: a line that is not named goes, one that is
/// named by its id stays with what is said of it, and others are new.
pub(super) fn changed(
    call: &Call<'_>,
    mode: &str,
    currency: &str,
    known: &[Value],
) -> Result<Plan, StripeError> {
    let mut plan = Plan {
        currency: currency.to_owned(),
        lines: Vec::new(),
    };
    for (index, item) in call
        .params
        .list("line_items")
        .into_iter()
        .flatten()
        .enumerate()
    {
        let prefix = format!("line_items[{index}]");
        let mut item = item.as_object().cloned().unwrap_or_default();
        let id = item.get("id").and_then(Value::as_str).map(str::to_owned);
        if let Some(id) = &id {
            let before = known.iter().find(|line| line["id"] == id.as_str());
            let before = before.ok_or_else(|| {
                StripeError::no_such("line item", id, &check::within(&prefix, "id"))
            })?;
            item.entry("quantity")
                .or_insert_with(|| before["quantity"].clone());
            item.entry("metadata")
                .or_insert_with(|| before["metadata"].clone());
            item.entry("adjustable_quantity")
                .or_insert_with(|| before["adjustable_quantity"].clone());
            if !item.contains_key("price") && !item.contains_key("price_data") {
                item.insert("kept".to_owned(), before["price"].clone());
            }
        }
        let mut line = line(call, &Params::from(item), &prefix, mode, currency)?;
        line.id = id;
        plan.lines.push(line);
    }
    plan.check(mode)?;
    Ok(plan)
}

impl Plan {
    pub(super) fn total(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum: i64, line| sum.saturating_add(line.amount))
    }

    fn check(&self, mode: &str) -> Result<(), StripeError> {
        let refuse = |message: &str| Err(StripeError::invalid(message).param("line_items"));
        let intervals = self
            .lines
            .iter()
            .filter_map(|line| line.price.get("recurring"));
        let intervals: Vec<_> = intervals
            .filter(|recurring| recurring.is_object())
            .map(|recurring| (&recurring["interval"], &recurring["interval_count"]))
            .collect();
        let once = self.lines.len() - intervals.len();
        if mode == "payment" {
            return if once > MAX_ITEMS {
                refuse("You may only specify up to 100 line items in `payment` mode.")
            } else {
                Ok(())
            };
        }
        if intervals.is_empty() {
            return refuse(
                "You must provide at least one recurring price in `subscription` mode when using prices.",
            );
        }
        if intervals.iter().any(|interval| *interval != intervals[0]) {
            return refuse(
                "Checkout does not support multiple prices with different billing intervals.",
            );
        }
        if once.max(intervals.len()) > MAX_SUBSCRIPTION_ITEMS {
            return refuse(
                "You may only specify up to 20 recurring and 20 one-time line items in `subscription` mode.",
            );
        }
        Ok(())
    }

    /// Stores what the lines bring with them, and makes the line items.
    pub(super) fn make(self, call: &mut Call<'_>) -> Vec<Value> {
        let currency = self.currency;
        let lines = self.lines.into_iter();
        lines.map(|line| line.make(call, &currency)).collect()
    }
}

impl Line {
    fn make(self, call: &mut Call<'_>, currency: &str) -> Value {
        if let Some((included, product)) = self.inline {
            product.store(call, false);
            catalogue::add_price(
                call,
                NewPrice {
                    price: self.price.clone(),
                    included,
                },
            );
        }
        json!({
            "id": self.id.unwrap_or_else(|| ids::object("li")),
            "object": "item",
            "adjustable_quantity": self.adjustable_quantity,
            "amount_discount": 0,
            "amount_subtotal": self.amount,
            "amount_tax": 0,
            "amount_total": self.amount,
            "currency": currency,
            "description": self.description,
            "metadata": self.metadata,
            "price": self.price,
            "quantity": self.quantity,
        })
    }
}

fn line(
    call: &Call<'_>,
    item: &Params,
    prefix: &str,
    mode: &str,
    currency: &str,
) -> Result<Line, StripeError> {
    let param = |name: &str| check::within(prefix, name);
    let (price, inline, param_of_price) = price(call, item, prefix)?;
    let repeats = price.get("recurring").is_some_and(Value::is_object);
    if mode == "payment" && repeats {
        return Err(StripeError::invalid("You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.")
            .param(prefix));
    }
    if let Some(rate) = item.list("tax_rates").and_then(|rates| rates.first()) {
        let rate = rate.as_str().unwrap_or_default();
        return Err(StripeError::no_such(
            "tax rate",
            rate,
            &param("tax_rates[0]"),
        ));
    }
    let quantity = item.integer("quantity").ok_or_else(|| {
        StripeError::invalid(format!(
            "Quantity is required. Add `quantity` to `{prefix}`"
        ))
        .param(&param("quantity"))
    })?;
    check::at_least(&param("quantity"), quantity, 1)?;
    check::at_most(&param("quantity"), quantity, MAX_QUANTITY)?;
    let own = text(&price, "currency").unwrap_or_default();
    let charged = if currency.is_empty() { own } else { currency };
    let included = inline.as_ref().map(|(included, _)| included);
    let amount = catalogue::amount_in(call.ledger, &price, included, charged, quantity);
    let amount = amount.ok_or_else(|| {
        StripeError::invalid(format!(
            "The price specified only supports `{own}`. This doesn't match the expected currency: `{currency}`."
        ))
        .param(&param_of_price)
    })?;
    Ok(Line {
        id: None,
        description: description(call, &price, inline.as_ref()),
        quantity,
        amount,
        adjustable_quantity: adjustable(item, prefix, quantity)?,
        metadata: item.get("metadata").cloned().unwrap_or_else(|| json!({})),
        price,
        inline,
    })
}

type Found = (Document, Option<(Document, ProductChoice)>, String);

fn price(call: &Call<'_>, item: &Params, prefix: &str) -> Result<Found, StripeError> {
    let (named, data) = (
        check::within(prefix, "price"),
        check::within(prefix, "price_data"),
    );
    if let Some(kept) = item.object("kept") {
        return Ok((kept.clone(), None, named));
    }
    match (item.text("price"), item.object("price_data")) {
        (Some(_), Some(_)) => Err(StripeError::invalid(
            "You may only specify one of these parameters: price, price_data.",
        )
        .param(&named)),
        (None, None) => Err(StripeError::invalid(
            "You must provide either price or price_data for each line item when using prices.",
        )
        .param(prefix)),
        (Some(id), None) => Ok((
            catalogue::price_on_sale(call.ledger, id, &named)?,
            None,
            named,
        )),
        (None, Some(_)) => {
            let given = item.part("price_data");
            let (product, new) = catalogue::plan_inline_price(call, &given, &data)?;
            Ok((new.price, Some((new.included, product)), data))
        }
    }
}

/// The product's name, as the customer reads it.
fn description(
    call: &Call<'_>,
    price: &Document,
    inline: Option<&(Document, ProductChoice)>,
) -> String {
    let name = match inline {
        Some((_, ProductChoice::New(product))) => text(product, "name"),
        _ => text(price, "product")
            .and_then(|id| call.ledger.documents.get(catalogue::PRODUCT, id))
            .and_then(|product| text(product, "name")),
    };
    name.unwrap_or_default().to_owned()
}

fn adjustable(item: &Params, prefix: &str, quantity: i64) -> Result<Value, StripeError> {
    let given = item.part("adjustable_quantity");
    if !given.flag("enabled") {
        return Ok(Value::Null);
    }
    let minimum = given.integer("minimum").unwrap_or(ADJUSTABLE.0);
    let maximum = given.integer("maximum").unwrap_or(ADJUSTABLE.1);
    let param = check::within(prefix, "adjustable_quantity");
    check::at_least(&format!("{param}[minimum]"), minimum, 0)?;
    check::at_most(&format!("{param}[maximum]"), maximum, MAX_QUANTITY)?;
    if !(minimum..=maximum).contains(&quantity) {
        let message = format!(
            "The quantity must be between the minimum ({minimum}) and the maximum ({maximum}) of `adjustable_quantity`."
        );
        return Err(StripeError::invalid(message).param(&param));
    }
    Ok(json!({ "enabled": true, "maximum": maximum, "minimum": minimum }))
}
