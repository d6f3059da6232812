//! `POST /v1/subscriptions`. Source: Stripe API reference, "Create a subscription".

use serde_json::{Value, json};

use super::{COMPUTED, items, schedule};
use crate::api::billing_checks;
use crate::billing::{
    self, Interval, PaymentBehavior, SUBSCRIPTION, Start, at, at_customer, interval, number, owned,
    put_items, set, set_period, text,
};
use crate::ids;
use crate::params::Params;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let given = call.params.clone();
    create_with(call, &given)
}

/// Creates a subscription with the parameters of this endpoint; a checkout session does so too.
pub(crate) fn create_with(call: &mut Call<'_>, given: &Params) -> Result<Value, StripeError> {
    billing_checks::references(given)?;
    let customer = billing_checks::customer(call.ledger, given)?;
    let origin = at_customer(call.ledger, &customer, &call.origin);
    let name = "default_payment_method";
    billing_checks::payment_method(call.ledger, given, name, &customer)?;
    let mut subscription = blank(call, &customer, &origin);
    let id = owned(&subscription, "id");
    let mut items = items::new_items(call, given, &id, origin.now)?;
    let Some(interval) = interval(&items) else {
        return Err(StripeError::invalid("Missing required param: items.").param("items"));
    };
    let currency = match given.text("currency") {
        Some(currency) => billing_checks::currency(currency, "currency")?,
        None => at(&items[0], "price/currency")
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    };
    set(&mut subscription, "currency", currency);
    for one in &items {
        billing::cost(call.ledger, one, &owned(&subscription, "currency"))?;
    }
    echo(&mut subscription, SUBSCRIPTION, given, COMPUTED);
    schedule::collection(&subscription, given)?;
    let (span, start) = times(&mut subscription, given, &items, &interval, &origin)?;
    set_period(&mut items, span);
    put_items(&mut subscription, &items);
    schedule::cancellation(&mut subscription, given, origin.now)?;
    let extra = items::extra_lines(call, given, &subscription, origin.now)?;
    let start = Start { extra, ..start };
    check_payment_method(call, &subscription, &start, &origin)?;
    remember_currency(call, &customer, &owned(&subscription, "currency"));
    billing::start(call.ledger, subscription, &start, &origin)
}

fn blank(call: &Call<'_>, customer: &str, origin: &Origin) -> Document {
    let mut subscription = call
        .ledger
        .blank(SUBSCRIPTION, ids::object("sub"), origin.now);
    let fields = json!({
        "automatic_tax": { "enabled": false },
        "billing_cycle_anchor": origin.now,
        "billing_mode": { "flexible": { "proration_discounts": "included" }, "type": "flexible" },
        "billing_schedules": [],
        "cancel_at_period_end": false,
        "cancellation_details": {},
        "collection_method": "charge_automatically",
        "customer": customer,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": { "issuer": { "type": "self" } },
        "metadata": {},
        "payment_settings": { "save_default_payment_method": "off" },
        "start_date": origin.now,
        "test_clock": billing_checks::test_clock(call.ledger, customer),
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
    });
    if let Value::Object(fields) = fields {
        subscription.extend(fields);
    }
    subscription
}

/// The first period, and what of it is charged.
fn times(
    subscription: &mut Document,
    given: &Params,
    items: &[Document],
    interval: &Interval,
    origin: &Origin,
) -> Result<((i64, i64), Start), StripeError> {
    let now = origin.now;
    if let Some(start) = given.integer("backdate_start_date") {
        if start > now {
            return Err(
                StripeError::invalid("`backdate_start_date` must be in the past.")
                    .param("backdate_start_date"),
            );
        }
        set(subscription, "start_date", start);
    }
    let trial_end = schedule::trial_end(given, items, now)?;
    let anchor = schedule::anchor(given, interval, trial_end.unwrap_or(now))?;
    let natural = interval.after(now, 1);
    let mut start = Start {
        behavior: PaymentBehavior::from_param(given.text("payment_behavior")),
        off_session: given.flag("off_session"),
        extra: Vec::new(),
        share: None,
        free_until_anchor: false,
    };
    let end = match (trial_end, anchor) {
        (Some(end), _) => {
            set(subscription, "trial_start", now);
            set(subscription, "trial_end", end);
            set(subscription, "billing_cycle_anchor", anchor.unwrap_or(end));
            end
        }
        (None, Some(anchor)) => {
            set(subscription, "billing_cycle_anchor", anchor);
            let from = interval.after(anchor, -1);
            start.free_until_anchor = given.text("proration_behavior") == Some("none");
            start.share = Some((anchor - now, anchor - from));
            anchor
        }
        (None, None) => natural,
    };
    Ok(((now, end), start))
}

/// Stripe refuses where a payment will be tried and there is nothing to pay with.
fn check_payment_method(
    call: &Call<'_>,
    subscription: &Document,
    start: &Start,
    origin: &Origin,
) -> Result<(), StripeError> {
    let tries = text(subscription, "collection_method") == Some("charge_automatically")
        && start.behavior != PaymentBehavior::DefaultIncomplete
        && number(subscription, "trial_end") <= origin.now
        && !start.free_until_anchor;
    let currency = owned(subscription, "currency");
    let mut due = false;
    for item in billing::items_of(subscription) {
        due |= billing::cost(call.ledger, &item, &currency)? > 0;
    }
    if tries && due && billing::payment_method_of(call.ledger, subscription).is_none() {
        return Err(billing::no_payment_method());
    }
    Ok(())
}

/// A customer is charged in one currency.
fn remember_currency(call: &mut Call<'_>, customer: &str, currency: &str) {
    if let Some(customer) = call.ledger.documents.get_mut("customer", customer)
        && text(customer, "currency").is_none()
    {
        set(customer, "currency", currency);
    }
}
