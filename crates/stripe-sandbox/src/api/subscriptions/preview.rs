//! `POST /v1/invoices/create_preview`: the next invoice, or that of a change, before it is made.
//! Source: Stripe API reference, "Create a preview invoice".

use serde_json::Value;

use super::{found, items, schedule};
use crate::api::{billing_checks, charged};
use crate::billing::{
    self, Draft, SUBSCRIPTION, add_lines, at, at_customer, from_item, interval, items_of, number,
    owned, period, prorations, put_items, set, set_period, text,
};
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

pub(crate) fn create_preview(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = call.params.clone();
    billing_checks::references(&given)?;
    let details = given.part("subscription_details");
    let (mut subscription, origin, is_new) = if let Some(id) = given.text("subscription") {
        let (subscription, origin) =
            found(call, id).map_err(|_| StripeError::no_such(SUBSCRIPTION, id, "subscription"))?;
        (subscription, origin, false)
    } else {
        let customer = billing_checks::customer(call.ledger, &given)?;
        let origin = at_customer(call.ledger, &customer, &call.origin);
        let mut blank = call.ledger.blank(SUBSCRIPTION, String::new(), origin.now);
        set(&mut blank, "customer", customer);
        set(&mut blank, "billing_cycle_anchor", origin.now);
        (blank, origin, true)
    };
    let currency = given.text("currency").map(str::to_owned);
    let mut lines = Vec::new();
    if is_new {
        lines.extend(first_lines(
            call,
            &mut subscription,
            &details,
            currency,
            &origin,
        )?);
    } else {
        lines.extend(changed_lines(call, &mut subscription, &details, &origin)?);
    }
    let customer = owned(&subscription, "customer");
    let mut currency = owned(&subscription, "currency");
    if currency.is_empty() {
        currency = billing_checks::default_currency(call.ledger, &customer);
    }
    lines.extend(item_lines(call, &given, &currency, &origin)?);
    let (customer, currency) = (customer.as_str(), currency.as_str());
    let of_subscription =
        Some(&subscription).filter(|_| !owned(&subscription, "currency").is_empty());
    let of = Draft {
        customer,
        subscription: of_subscription,
        currency,
        reason: "upcoming",
        period: if is_new {
            (origin.now, origin.now)
        } else {
            period(&subscription)
        },
        auto_advance: false,
    };
    let mut invoice = billing::draft(call.ledger, &of, &origin);
    let id = format!("upcoming_{}", owned(&invoice, "id"));
    set(&mut invoice, "id", id);
    add_lines(&mut invoice, lines);
    Ok(Value::Object(invoice))
}

/// The first invoice of a subscription that is not there yet.
fn first_lines(
    call: &mut Call<'_>,
    subscription: &mut Document,
    details: &Params,
    currency: Option<String>,
    origin: &Origin,
) -> Result<Vec<billing::Line>, StripeError> {
    if details.list("items").is_none() {
        return Ok(Vec::new());
    }
    let mut items = items::new_items(call, details, "", origin.now)?;
    let of_price = at(&items[0], "price/currency")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    set(subscription, "currency", currency.unwrap_or(of_price));
    let trial = schedule::trial_end(details, &items, origin.now)?;
    let end = interval(&items).map_or(origin.now, |interval| interval.after(origin.now, 1));
    let span = (origin.now, trial.unwrap_or(end));
    set_period(&mut items, span);
    put_items(subscription, &items);
    if trial.is_some() {
        return Ok(billing::trial_lines(
            call.ledger,
            subscription,
            &items,
            span,
        ));
    }
    billing::item_lines(call.ledger, subscription, &items, span, None)
}

/// What waits, what a change costs, and the next period.
fn changed_lines(
    call: &mut Call<'_>,
    subscription: &mut Document,
    details: &Params,
    origin: &Origin,
) -> Result<Vec<billing::Line>, StripeError> {
    let old = items_of(subscription);
    let mut new = items::changed_items(call, details, subscription, origin.now)?;
    let restarts = details.part("billing_cycle_anchor").text("type") == Some("now")
        || interval(&new) != interval(&old);
    let now = details.integer("proration_date").unwrap_or(origin.now);
    let (customer, currency) = (
        owned(subscription, "customer"),
        owned(subscription, "currency"),
    );
    let waiting = billing::pending(call.ledger, &customer, &currency, text(subscription, "id"));
    let mut lines: Vec<_> = waiting
        .iter()
        .filter_map(|id| call.ledger.documents.get(billing::ITEM, id))
        .map(from_item)
        .collect();
    let behavior = details
        .text("proration_behavior")
        .unwrap_or("create_prorations");
    let trial = text(subscription, "status") == Some("trialing");
    if details.flag("cancel_now") {
        new.clear();
    }
    if behavior != "none" && !trial {
        let made = prorations(
            call.ledger,
            subscription,
            &old,
            &new,
            now,
            restarts || new.is_empty(),
        )?;
        lines.extend(made.iter().map(from_item));
    }
    let ends = number(subscription, "cancel_at") > 0 || details.flag("cancel_at_period_end");
    if new.is_empty() || ends || behavior == "always_invoice" {
        return Ok(lines);
    }
    let start = if restarts {
        origin.now
    } else {
        period(subscription).1
    };
    if let Some(interval) = interval(&new) {
        let span = (start, interval.after(start, 1));
        put_items(subscription, &new);
        lines.extend(billing::item_lines(
            call.ledger,
            subscription,
            &new,
            span,
            None,
        )?);
        set_period(&mut new, period(subscription));
    }
    Ok(lines)
}

/// `invoice_items`: what would be charged beside.
fn item_lines(
    call: &mut Call<'_>,
    given: &Params,
    currency: &str,
    origin: &Origin,
) -> Result<Vec<billing::Line>, StripeError> {
    let mut lines = Vec::new();
    for (place, one) in given
        .list("invoice_items")
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let one = Params::from(one.as_object().cloned().unwrap_or_default());
        if let Some(id) = one.text("invoiceitem") {
            let param = format!("invoice_items[{place}][invoiceitem]");
            return Err(StripeError::no_such("invoiceitem", id, &param));
        }
        let prefix = format!("invoice_items[{place}]");
        let charged = charged::charged(call, &one, &prefix, currency)?;
        lines.push(billing::Line {
            amount: charged.amount,
            currency: charged.currency,
            description: one
                .text("description")
                .map(str::to_owned)
                .or(charged.description)
                .unwrap_or_default(),
            quantity: charged.quantity,
            period: (origin.now, origin.now),
            pricing: charged.pricing,
            parent: serde_json::json!({
                "invoice_item_details": { "invoice_item": "", "proration": false },
                "type": "invoice_item_details",
            }),
            subscription: None,
            metadata: serde_json::Map::new(),
            discountable: true,
        });
    }
    Ok(lines)
}
