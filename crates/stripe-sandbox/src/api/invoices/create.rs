//! `POST /v1/invoices`: a draft, by hand.

use serde_json::{Value, json};

use super::change::take_over;
use crate::api::billing_checks;
use crate::billing::{
    self, Draft, add_lines, at_customer, finalize_later, number, owned, set, take_pending, text,
};
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    billing_checks::references(&call.params)?;
    if let Some(from) = call.params.object("from_invoice") {
        let id = from
            .get("invoice")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return Err(StripeError::no_such("invoice", id, "from_invoice[invoice]"));
    }
    let subscription = subscription(call)?;
    let customer = match &subscription {
        Some(subscription) if call.params.text("customer").is_none() => {
            owned(subscription, "customer")
        }
        _ => billing_checks::customer(call.ledger, &call.params)?,
    };
    let origin = at_customer(call.ledger, &customer, &call.origin);
    let currency = match (call.params.text("currency"), &subscription) {
        (Some(given), _) => billing_checks::currency(given, "currency")?,
        (None, Some(subscription)) => owned(subscription, "currency"),
        (None, None) => billing_checks::default_currency(call.ledger, &customer),
    };
    let of = Draft {
        customer: &customer,
        subscription: subscription.as_ref(),
        currency: &currency,
        reason: if subscription.is_some() {
            "subscription_update"
        } else {
            "manual"
        },
        period: (origin.now, origin.now),
        auto_advance: call.params.flag("auto_advance"),
    };
    let mut invoice = billing::draft(call.ledger, &of, &origin);
    if let Some(method) = call.params.text("collection_method") {
        set(&mut invoice, "collection_method", method);
    }
    take_over(call, &mut invoice, &origin)?;
    if text(&invoice, "collection_method") == Some("send_invoice")
        && number(&invoice, "due_date") == 0
    {
        return Err(StripeError::invalid(
            "If invoice.collection_method=`send_invoice`, you must specify `due_date` or `days_until_due`.",
        )
        .param("days_until_due"));
    }
    let includes = call.params.text("pending_invoice_items_behavior") == Some("include");
    if includes || subscription.is_some() {
        let id = owned(&invoice, "id");
        let of = subscription
            .as_ref()
            .and_then(|subscription| text(subscription, "id"));
        let lines = take_pending(call.ledger, &customer, &currency, of, &id);
        add_lines(&mut invoice, lines);
    }
    finalize_later(call.ledger, &mut invoice, &origin);
    Ok(call.ledger.add(invoice, "invoice.created", &origin))
}

fn subscription(call: &Call<'_>) -> Result<Option<Document>, StripeError> {
    let Some(id) = call.params.text("subscription") else {
        return Ok(None);
    };
    let found = call.ledger.documents.find("subscription", id).ok();
    let found = found.filter(|found| {
        let customer = call.params.text("customer");
        customer.is_none() || customer == text(found, "customer")
    });
    found
        .cloned()
        .map(Some)
        .ok_or_else(|| StripeError::no_such("subscription", id, "subscription"))
}

/// `shipping_cost` as an invoice shows it, from `shipping_rate_data`.
pub(super) fn shipping_cost(call: &Call<'_>) -> Result<Option<Value>, StripeError> {
    let Some(given) = call.params.object("shipping_cost") else {
        return Ok(None);
    };
    if let Some(rate) = given.get("shipping_rate").and_then(Value::as_str) {
        let param = "shipping_cost[shipping_rate]";
        return Err(StripeError::no_such("shipping rate", rate, param));
    }
    let amount = given
        .get("shipping_rate_data")
        .map(|data| &data["fixed_amount"]["amount"]);
    let amount = amount.and_then(Value::as_i64).unwrap_or_default();
    Ok(Some(json!({
        "amount_subtotal": amount, "amount_tax": 0, "amount_total": amount, "shipping_rate": null,
    })))
}
