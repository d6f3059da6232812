//! `/v1/subscription_items`. Source: Stripe API reference, "Subscription Items".

use serde_json::{Value, json};

use crate::api::subscriptions::{Change, apply, change_item, check_items, found, new_item};
use crate::billing::{SUBSCRIPTION, items_of, number, objects, owned, text};
use crate::state::Document;
use crate::v1::{Call, StripeError, list as lists};

const KIND: &str = "subscription_item";

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = call.params.clone();
    let id = given.text("subscription").unwrap_or_default();
    let (subscription, origin) =
        found(call, id).map_err(|_| StripeError::no_such(SUBSCRIPTION, id, "subscription"))?;
    let item = new_item(call, &given, "", id, origin.now)?;
    let new_id = owned(&item, "id");
    let mut items = items_of(&subscription);
    items.push(item);
    check_items(&items)?;
    let change = Change {
        items,
        extra: Vec::new(),
        given,
    };
    apply(call, subscription, change, &origin)?;
    item_now(call, &new_id)
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    item_now(call, call.id())
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = call.params.clone();
    let id = call.id().to_owned();
    let (subscription, origin) = found(call, &owner(call, &id)?)?;
    let mut items = items_of(&subscription);
    if let Some(item) = items.iter_mut().find(|item| text(item, "id") == Some(&id)) {
        change_item(call, item, &given, "")?;
    }
    check_items(&items)?;
    let change = Change {
        items,
        extra: Vec::new(),
        given,
    };
    apply(call, subscription, change, &origin)?;
    item_now(call, &id)
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = call.params.clone();
    let id = call.id().to_owned();
    let (subscription, origin) = found(call, &owner(call, &id)?)?;
    let mut items = items_of(&subscription);
    items.retain(|item| text(item, "id") != Some(&id));
    if items.is_empty() {
        return Err(StripeError::invalid(
            "A subscription must have at least one active plan. To cancel the subscription, use the cancel endpoint.",
        ));
    }
    let change = Change {
        items,
        extra: Vec::new(),
        given,
    };
    apply(call, subscription, change, &origin)?;
    Ok(json!({ "id": id, "object": KIND, "deleted": true }))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.params.text("subscription").unwrap_or_default();
    let (subscription, _) =
        found(call, id).map_err(|_| StripeError::no_such(SUBSCRIPTION, id, "subscription"))?;
    let rows: Vec<_> = objects(&subscription, "items/data")
        .map(|item| (owned(item, "id"), number(item, "created")))
        .collect();
    lists::page(call, KIND, &rows, |id| {
        let mut items = objects(&subscription, "items/data");
        let found = items.find(|item| text(item, "id") == Some(id));
        found.cloned().map(Value::Object).unwrap_or_default()
    })
}

/// The subscription that has the item.
fn owner(call: &Call<'_>, id: &str) -> Result<String, StripeError> {
    let has = |subscription: &&Document| {
        objects(subscription, "items/data").any(|item| text(item, "id") == Some(id))
    };
    let found = call.ledger.documents.all(SUBSCRIPTION).find(has);
    found
        .map(|subscription| owned(subscription, "id"))
        .ok_or_else(|| StripeError::missing(KIND, id))
}

fn item_now(call: &Call<'_>, id: &str) -> Result<Value, StripeError> {
    let (subscription, _) = found(call, &owner(call, id)?)?;
    let mut items = objects(&subscription, "items/data");
    let item = items.find(|item| text(item, "id") == Some(id));
    item.cloned()
        .map(Value::Object)
        .ok_or_else(|| StripeError::missing(KIND, id))
}
