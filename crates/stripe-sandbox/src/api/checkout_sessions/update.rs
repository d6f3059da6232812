//! `POST /v1/checkout/sessions/{id}`. Source: Stripe API reference, "Update a Checkout Session".

use serde_json::{Value, json};

use super::read::find;
use super::{checks, lines, shipping};
use crate::catalogue::text;
use crate::checkout::{Hidden, SESSION, items, set_items};
use crate::objects::merge_metadata;
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut session = find(call)?;
    let status = text(&session, "status").unwrap_or_default().to_owned();
    if status != "open" && call.params.given().any(|(name, _)| name != "metadata") {
        return Err(StripeError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be updated. This Checkout Session has a status of `{status}`."
        )));
    }
    let id = call.id().to_owned();
    let mode = text(&session, "mode").unwrap_or_default().to_owned();
    let currency = text(&session, "currency").unwrap_or_default().to_owned();
    let changed = match call.params.list("line_items") {
        Some(_) => Some(lines::changed(
            call,
            &mode,
            &currency,
            &items(call.ledger, &id),
        )?),
        None => None,
    };
    if call.params.get("shipping_options").is_some() {
        shipping::plan(call, &currency)?.apply(call, &mut session);
    }
    let lines = match changed {
        Some(plan) => plan.make(call),
        None => items(call.ledger, &id),
    };
    check_total(&session, &lines, &mode, &currency)?;
    if mode != "setup" {
        set_items(call.ledger, &mut session, lines);
    }
    let metadata = session.entry("metadata").or_insert_with(|| json!({}));
    if let Value::Object(metadata) = metadata {
        merge_metadata(metadata, call.params.get("metadata"));
    }
    if let Some(details) = call
        .params
        .part("collected_information")
        .get("shipping_details")
    {
        let collected = json!({ "shipping_details": details });
        session.insert("collected_information".to_owned(), collected);
    }
    if let Some(change) = call.params.object("payment_intent_data") {
        let mut hidden = Hidden::of(call.ledger, &id);
        hidden.merge("payment_intent_data", change);
        hidden.store(call.ledger);
    }
    call.ledger.documents.insert(session);
    Ok(call.ledger.object(SESSION, &id).unwrap_or_default())
}

fn check_total(
    session: &Document,
    lines: &[Value],
    mode: &str,
    currency: &str,
) -> Result<(), StripeError> {
    let sum: i64 = lines
        .iter()
        .filter_map(|line| line["amount_total"].as_i64())
        .fold(0, i64::saturating_add);
    let shipping = session
        .get("shipping_cost")
        .and_then(|cost| cost["amount_total"].as_i64());
    checks::total(
        mode,
        sum.saturating_add(shipping.unwrap_or_default()),
        currency,
    )
}
