//! Lines of a draft: `add_lines`, `update_lines`, `remove_lines`, `/lines/{id}`.

use serde_json::{Map, Value, json};

use super::{answer, found, not_editable};
use crate::api::billing_checks;
use crate::api::charged::charged;
use crate::billing::{
    self, ITEM, Line, add_lines as append, at, from_item, owned, refresh, set, text,
};
use crate::ids;
use crate::objects::merge_metadata;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

/// Stripe's limit for lines in one request.
const MAX_LINES: usize = 250;

pub(crate) fn add_lines(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut invoice, origin) = draft(call)?;
    for (place, given) in given_lines(call)?.into_iter().enumerate() {
        let prefix = format!("lines[{place}]");
        let line = match given.text("invoice_item") {
            Some(id) => waiting_item(call, &invoice, id)?,
            None => new_line(call, &invoice, &given, &prefix, &origin)?,
        };
        append(&mut invoice, [line]);
    }
    store(call, invoice, &origin)
}

pub(crate) fn update_lines(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut invoice, origin) = draft(call)?;
    for (place, given) in given_lines(call)?.into_iter().enumerate() {
        let prefix = format!("lines[{place}]");
        let id = given.text("id").unwrap_or_default().to_owned();
        change(call, &mut invoice, &id, &given, &prefix)?;
    }
    store(call, invoice, &origin)
}

pub(crate) fn update_line(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut invoice, origin) = draft(call)?;
    let id = call.ids.get(1).cloned().unwrap_or_default();
    let given: Map<String, Value> = (call.params.given())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    change(call, &mut invoice, &id, &given.into(), "")?;
    let line = billing::objects(&invoice, "lines/data").find(|line| text(line, "id") == Some(&id));
    let line = line.cloned().map(Value::Object).unwrap_or_default();
    store(call, invoice, &origin)?;
    Ok(line)
}

pub(crate) fn remove_lines(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut invoice, origin) = draft(call)?;
    for given in given_lines(call)? {
        let id = given.text("id").unwrap_or_default();
        let mut lines = at(&invoice, "lines/data")
            .as_array()
            .cloned()
            .unwrap_or_default();
        let Some(place) = lines.iter().position(|line| line["id"] == id) else {
            return Err(StripeError::no_such("line item", id, "lines"));
        };
        let line = lines.remove(place);
        set(&mut invoice, "lines/total_count", lines.len());
        set(&mut invoice, "lines/data", lines);
        if let Some(item) = line["parent"]["invoice_item_details"]["invoice_item"].as_str() {
            if given.text("behavior") == Some("unassign") {
                if let Some(item) = call.ledger.documents.get_mut(ITEM, item) {
                    set(item, "invoice", Value::Null);
                }
            } else {
                call.delete(ITEM, item, "invoiceitem.deleted");
            }
        }
    }
    store(call, invoice, &origin)
}

fn draft(call: &Call<'_>) -> Result<(Document, Origin), StripeError> {
    let (invoice, origin) = found(call)?;
    if text(&invoice, "status") != Some("draft") {
        return Err(not_editable());
    }
    Ok((invoice, origin))
}

fn given_lines(call: &Call<'_>) -> Result<Vec<Params>, StripeError> {
    let lines = call.params.list("lines").cloned().unwrap_or_default();
    if lines.len() > MAX_LINES {
        let message = format!("You can only change up to {MAX_LINES} lines at once.");
        return Err(StripeError::invalid(message).param("lines"));
    }
    let lines = lines.into_iter().filter_map(|line| match line {
        Value::Object(line) => Some(Params::from(line)),
        _ => None,
    });
    Ok(lines.collect())
}

fn store(
    call: &mut Call<'_>,
    mut invoice: Document,
    origin: &Origin,
) -> Result<Value, StripeError> {
    if let Some(change) = call.params.get("invoice_metadata") {
        let mut metadata = at(&invoice, "metadata")
            .as_object()
            .cloned()
            .unwrap_or_default();
        merge_metadata(&mut metadata, Some(change));
        set(&mut invoice, "metadata", metadata);
    }
    refresh(&mut invoice);
    let id = owned(&invoice, "id");
    call.ledger.change(invoice, "invoice.updated", origin);
    answer(call, &id)
}

fn waiting_item(call: &mut Call<'_>, invoice: &Document, id: &str) -> Result<Line, StripeError> {
    let customer = text(invoice, "customer");
    let found = call.ledger.documents.get_mut(ITEM, id);
    let waiting =
        found.filter(|item| text(item, "customer") == customer && text(item, "invoice").is_none());
    let Some(item) = waiting else {
        return Err(StripeError::no_such(
            "invoiceitem",
            id,
            "lines[0][invoice_item]",
        ));
    };
    set(item, "invoice", owned(invoice, "id"));
    Ok(from_item(item))
}

fn new_line(
    call: &mut Call<'_>,
    invoice: &Document,
    given: &Params,
    prefix: &str,
    origin: &Origin,
) -> Result<Line, StripeError> {
    billing_checks::references(given)?;
    let currency = owned(invoice, "currency");
    let charged = charged(call, given, prefix, &currency)?;
    let period = given
        .object("period")
        .map_or((origin.now, origin.now), |period| {
            let time = |name: &str| {
                period
                    .get(name)
                    .and_then(Value::as_i64)
                    .unwrap_or(origin.now)
            };
            (time("start"), time("end"))
        });
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, given.get("metadata"));
    let details = json!({ "invoice_item": ids::object("ii"), "proration": false, "proration_details": null, "subscription": null });
    Ok(Line {
        amount: charged.amount,
        currency,
        description: given
            .text("description")
            .map(str::to_owned)
            .or(charged.description)
            .unwrap_or_default(),
        quantity: charged.quantity,
        period,
        pricing: charged.pricing,
        parent: json!({ "invoice_item_details": details, "type": "invoice_item_details" }),
        subscription: None,
        metadata,
        discountable: given.get("discountable") != Some(&Value::Bool(false)),
    })
}

fn change(
    call: &mut Call<'_>,
    invoice: &mut Document,
    id: &str,
    given: &Params,
    prefix: &str,
) -> Result<(), StripeError> {
    billing_checks::references(given)?;
    let mut lines = at(invoice, "lines/data")
        .as_array()
        .cloned()
        .unwrap_or_default();
    let Some(Value::Object(line)) = lines.iter_mut().find(|line| line["id"] == id) else {
        return Err(StripeError::missing("line item", id));
    };
    let priced = ["amount", "pricing", "price_data", "unit_amount_decimal"];
    if priced.iter().any(|name| given.get(name).is_some()) {
        let currency = owned(invoice, "currency");
        let charged = charged(call, given, prefix, &currency)?;
        set(line, "amount", charged.amount);
        set(line, "subtotal", charged.amount);
        set(line, "quantity", charged.quantity);
        set(line, "quantity_decimal", charged.quantity.to_string());
        set(line, "pricing", charged.pricing);
    }
    crate::spec::echo(
        line,
        "line_item",
        given,
        &["amount", "quantity", "quantity_decimal", "pricing"],
    );
    set(invoice, "lines/data", lines);
    refresh(invoice);
    Ok(())
}
