//! `GET /v1/…/search`. Source: Stripe docs, "Search" ("Search query language", "Query fields").

mod fields;
mod query;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::v1::{Call, StripeError, list};

pub(crate) fn charges(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let ids = call
        .ledger
        .charges
        .keys()
        .rev()
        .cloned()
        .collect::<Vec<_>>();
    run(call, "charge", fields::CHARGES, &ids)
}

pub(crate) fn customers(call: &mut Call<'_>) -> Result<Value, StripeError> {
    documents(call, "customer", fields::CUSTOMERS)
}

pub(crate) fn invoices(call: &mut Call<'_>) -> Result<Value, StripeError> {
    documents(call, "invoice", fields::INVOICES)
}

pub(crate) fn payment_intents(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let ids = call
        .ledger
        .payment_intents
        .keys()
        .rev()
        .cloned()
        .collect::<Vec<_>>();
    run(call, "payment_intent", fields::PAYMENT_INTENTS, &ids)
}

pub(crate) fn prices(call: &mut Call<'_>) -> Result<Value, StripeError> {
    documents(call, "price", fields::PRICES)
}

pub(crate) fn products(call: &mut Call<'_>) -> Result<Value, StripeError> {
    documents(call, "product", fields::PRODUCTS)
}

pub(crate) fn subscriptions(call: &mut Call<'_>) -> Result<Value, StripeError> {
    documents(call, "subscription", fields::SUBSCRIPTIONS)
}

fn documents(call: &Call<'_>, kind: &str, known: &[&str]) -> Result<Value, StripeError> {
    let all = call.ledger.documents.all(kind).rev();
    let ids = all.filter_map(|document| document.get("id")?.as_str().map(str::to_owned));
    run(call, kind, known, &ids.collect::<Vec<_>>())
}

/// One page of the objects, newest first, that the query matches. The page token says how many came before.
fn run(
    call: &Call<'_>,
    kind: &str,
    known: &[&str],
    newest_first: &[String],
) -> Result<Value, StripeError> {
    let limit = list::limit(&call.params)?;
    let query = query::parse(call.params.text("query").unwrap_or_default(), kind, known)?;
    let skipped = match call.params.text("page") {
        None => 0,
        Some(page) => read_page(page)?,
    };
    let objects = newest_first
        .iter()
        .filter_map(|id| call.ledger.object(kind, id));
    let mut found = objects.filter(|object| query.matches(object)).skip(skipped);
    let data: Vec<Value> = found.by_ref().take(limit).collect();
    let has_more = found.next().is_some();
    let next_page = has_more.then(|| URL_SAFE_NO_PAD.encode((skipped + data.len()).to_string()));
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": has_more,
        "next_page": next_page,
        "url": call.path,
    }))
}

fn read_page(page: &str) -> Result<usize, StripeError> {
    let text = URL_SAFE_NO_PAD.decode(page).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| StripeError::invalid(format!("Invalid page: {page}")).param("page"))
}
