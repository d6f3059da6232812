//! The items that a request gives.

use serde_json::{Map, Value, json};

use crate::api::billing_checks;
use crate::api::charged::{self, path};
use crate::billing::{Interval, Line, at, interval, item, owned, set, text};
use crate::ids;
use crate::objects::merge_metadata;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// Source: Stripe API reference, "Create a subscription", `items`: up to 20.
const MAX_ITEMS: usize = 20;

/// A new item of the parameters at `prefix`.
pub(crate) fn new_item(
    call: &mut Call<'_>,
    given: &Params,
    prefix: &str,
    subscription: &str,
    now: i64,
) -> Result<Document, StripeError> {
    billing_checks::references(given)?;
    let price = recurring_price(call, given, prefix)?.ok_or_else(|| {
        let param = path(prefix, "price");
        StripeError::invalid(format!("Missing required param: {param}."))
            .code("parameter_missing")
            .param(&param)
    })?;
    let quantity = charged::quantity(given, prefix)?;
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, given.get("metadata"));
    let id = ids::object("si");
    Ok(item(&id, subscription, &price, quantity, &metadata, now))
}

/// The price of an item, if one is given.
pub(crate) fn recurring_price(
    call: &mut Call<'_>,
    given: &Params,
    prefix: &str,
) -> Result<Option<Document>, StripeError> {
    let Some((price, param)) = charged::price(call, given, prefix)? else {
        return Ok(None);
    };
    if Interval::of(&price).is_none() {
        return Err(StripeError::invalid("The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
            .param(&param));
    }
    Ok(Some(price))
}

/// All items of a list.
pub(super) fn new_items(
    call: &mut Call<'_>,
    given: &Params,
    subscription: &str,
    now: i64,
) -> Result<Vec<Document>, StripeError> {
    let list = given.list("items").cloned().unwrap_or_default();
    if list.is_empty() {
        return Err(StripeError::invalid("Missing required param: items.")
            .code("parameter_missing")
            .param("items"));
    }
    let mut items = Vec::new();
    for (place, one) in list.into_iter().enumerate() {
        let given = Params::from(one.as_object().cloned().unwrap_or_default());
        items.push(new_item(
            call,
            &given,
            &format!("items[{place}]"),
            subscription,
            now,
        )?);
    }
    check(&items)?;
    Ok(items)
}

/// Refuses items that do not go together.
pub(crate) fn check(items: &[Document]) -> Result<(), StripeError> {
    if items.len() > MAX_ITEMS {
        let message = format!("Subscriptions may have at most {MAX_ITEMS} items.");
        return Err(StripeError::invalid(message).param("items"));
    }
    for (place, item) in items.iter().enumerate() {
        let price = at(item, "price/id");
        if items[..place]
            .iter()
            .any(|other| at(other, "price/id") == price)
        {
            let price = price.as_str().unwrap_or_default();
            return Err(StripeError::invalid(format!(
                "Cannot add multiple subscription items with the same plan: {price}"
            ))
            .param("items"));
        }
        if interval(std::slice::from_ref(item)) != interval(items) {
            return Err(StripeError::invalid("Currently, all plans on a subscription must have the same recurring interval: the sandbox has no subscriptions with mixed intervals.")
                .param("items"));
        }
        if at(item, "price/currency") != at(&items[0], "price/currency")
            && !at(item, "price/currency").is_null()
        {
            return Err(StripeError::invalid(
                "All prices on a subscription must be in the same currency.",
            )
            .param("items"));
        }
    }
    Ok(())
}

/// `add_invoice_items`: what is charged once, on the next invoice.
pub(super) fn extra_lines(
    call: &mut Call<'_>,
    given: &Params,
    subscription: &Document,
    now: i64,
) -> Result<Vec<Line>, StripeError> {
    let currency = owned(subscription, "currency");
    let mut lines = Vec::new();
    for (place, one) in given
        .list("add_invoice_items")
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let given = Params::from(one.as_object().cloned().unwrap_or_default());
        let prefix = format!("add_invoice_items[{place}]");
        billing_checks::references(&given)?;
        let charged = charged::charged(call, &given, &prefix, &currency)?;
        let mut metadata = Map::new();
        merge_metadata(&mut metadata, given.get("metadata"));
        let details = json!({
            "invoice_item": ids::object("ii"), "proration": false, "proration_details": null,
            "subscription": subscription.get("id"),
        });
        lines.push(Line {
            amount: charged.amount,
            currency: currency.clone(),
            description: charged.description.unwrap_or_default(),
            quantity: charged.quantity,
            period: (now, now),
            pricing: charged.pricing,
            parent: json!({ "invoice_item_details": details, "type": "invoice_item_details" }),
            subscription: text(subscription, "id").map(str::to_owned),
            metadata,
            discountable: true,
        });
    }
    Ok(lines)
}

/// The items after an update: changed, removed and added as the list says.
pub(super) fn changed_items(
    call: &mut Call<'_>,
    given: &Params,
    subscription: &Document,
    now: i64,
) -> Result<Vec<Document>, StripeError> {
    let id = owned(subscription, "id");
    let mut items = crate::billing::items_of(subscription);
    for (place, one) in given
        .list("items")
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let given = Params::from(one.as_object().cloned().unwrap_or_default());
        let prefix = format!("items[{place}]");
        let Some(wanted) = given.text("id") else {
            items.push(new_item(call, &given, &prefix, &id, now)?);
            continue;
        };
        let Some(at_place) = items
            .iter()
            .position(|item| text(item, "id") == Some(wanted))
        else {
            return Err(StripeError::no_such(
                "subscription_item",
                wanted,
                &path(&prefix, "id"),
            ));
        };
        if given.flag("deleted") {
            items.remove(at_place);
            continue;
        }
        change_item(call, &mut items[at_place], &given, &prefix)?;
    }
    if items.is_empty() {
        return Err(StripeError::invalid("A subscription must have at least one active plan. To cancel the subscription, use the cancel endpoint.")
            .param("items"));
    }
    check(&items)?;
    Ok(items)
}

/// Changes one item.
pub(crate) fn change_item(
    call: &mut Call<'_>,
    item: &mut Document,
    given: &Params,
    prefix: &str,
) -> Result<(), StripeError> {
    billing_checks::references(given)?;
    if let Some(price) = recurring_price(call, given, prefix)? {
        set(item, "plan", crate::catalogue::plan(&price));
        set(item, "price", Value::Object(price));
    }
    if given.get("quantity").is_some() {
        set(item, "quantity", charged::quantity(given, prefix)?);
    }
    if let Some(change) = given.get("metadata") {
        let mut metadata = at(item, "metadata")
            .as_object()
            .cloned()
            .unwrap_or_default();
        merge_metadata(&mut metadata, Some(change));
        set(item, "metadata", metadata);
    }
    Ok(())
}
