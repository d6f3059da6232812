//! `POST` and `DELETE /v1/invoiceitems/{id}`: as long as no invoice with it was finalized.

use serde_json::Value;

use crate::api::billing_checks;
use crate::api::charged::charged;
use crate::billing::{INVOICE, ITEM, at, belongs_to_draft, from_item, owned, refresh, set, text};
use crate::spec::echo;
use crate::state::{Document, Ledger};
use crate::v1::{Call, Origin, StripeError};

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut item = editable(call)?;
    billing_checks::references(&call.params)?;
    let priced = [
        "amount",
        "pricing",
        "price_data",
        "quantity",
        "unit_amount_decimal",
    ];
    if priced.iter().any(|name| call.params.get(name).is_some()) {
        reprice(call, &mut item)?;
    }
    echo(
        &mut item,
        ITEM,
        &call.params,
        &["amount", "pricing", "quantity"],
    );
    call.ledger.documents.insert(item.clone());
    put_on_draft(call.ledger, &item, &call.origin);
    Ok(Value::Object(item))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let item = editable(call)?;
    if let Some(mut invoice) = draft_of(call.ledger, &item) {
        take_off(&mut invoice, &owned(&item, "id"));
        refresh(&mut invoice);
        call.ledger.change(invoice, "invoice.updated", &call.origin);
    }
    Ok(call.delete(ITEM, &owned(&item, "id"), "invoiceitem.deleted"))
}

fn editable(call: &Call<'_>) -> Result<Document, StripeError> {
    let item = call.ledger.documents.find(ITEM, call.id())?;
    if belongs_to_draft(call.ledger, item) {
        return Ok(item.clone());
    }
    Err(StripeError::invalid(
        "This invoice item is attached to an invoice that is no longer editable.",
    )
    .code("invoice_not_editable"))
}

/// A new quantity alone counts with the price that the item has.
fn reprice(call: &mut Call<'_>, item: &mut Document) -> Result<(), StripeError> {
    let mut given: Document = call
        .params
        .given()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let only_quantity = ["amount", "pricing", "price_data", "unit_amount_decimal"]
        .iter()
        .all(|name| !given.contains_key(*name));
    if only_quantity {
        match text(item, "pricing/price_details/price") {
            Some(price) => set(&mut given, "price", price),
            None => set(
                &mut given,
                "unit_amount_decimal",
                at(item, "pricing/unit_amount_decimal").clone(),
            ),
        }
    }
    let currency = owned(item, "currency");
    let charged = charged(call, &given.into(), "", &currency)?;
    set(item, "amount", charged.amount);
    set(item, "net_amount", charged.amount);
    set(item, "quantity", charged.quantity);
    set(item, "quantity_decimal", charged.quantity.to_string());
    set(item, "pricing", charged.pricing);
    Ok(())
}

fn draft_of(ledger: &Ledger, item: &Document) -> Option<Document> {
    let id = text(item, "invoice")?;
    ledger.documents.get(INVOICE, id).cloned()
}

fn is_of(line: &Value, item: &str) -> bool {
    ["invoice_item_details", "subscription_item_details"]
        .iter()
        .any(|details| line["parent"][details]["invoice_item"] == item)
}

fn take_off(invoice: &mut Document, item: &str) {
    let mut lines = at(invoice, "lines/data")
        .as_array()
        .cloned()
        .unwrap_or_default();
    lines.retain(|line| !is_of(line, item));
    set(invoice, "lines/total_count", lines.len());
    set(invoice, "lines/data", lines);
}

/// The line follows its item.
fn put_on_draft(ledger: &mut Ledger, item: &Document, origin: &Origin) {
    let Some(mut invoice) = draft_of(ledger, item) else {
        return;
    };
    let id = owned(item, "id");
    let mut lines = at(&invoice, "lines/data")
        .as_array()
        .cloned()
        .unwrap_or_default();
    for line in lines.iter_mut().filter(|line| is_of(line, &id)) {
        let mut fresh = from_item(item).on(&invoice);
        fresh["id"] = line["id"].take();
        *line = fresh;
    }
    set(&mut invoice, "lines/data", lines);
    refresh(&mut invoice);
    ledger.change(invoice, "invoice.updated", origin);
}
