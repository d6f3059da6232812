//! `POST /v1/subscriptions/{id}`. Source: Stripe API reference, "Update a subscription".

use serde_json::Value;

use super::{COMPUTED, found, items, schedule};
use crate::api::billing_checks;
use crate::billing::{
    self, PaymentBehavior, SUBSCRIPTION, Task, at, enter_tasks, interval, items_of, number, owned,
    period, prorations, put_items, set, set_period, text,
};
use crate::params::Params;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

/// What remains open to change in a subscription that has ended.
const AFTER_THE_END: &[&str] = &["cancellation_details", "metadata"];

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut subscription, origin) = found(call, call.id())?;
    let given = call.params.clone();
    check_status(&subscription, &given)?;
    billing_checks::references(&given)?;
    let customer = owned(&subscription, "customer");
    billing_checks::payment_method(call.ledger, &given, "default_payment_method", &customer)?;
    let items = items::changed_items(call, &given, &subscription, origin.now)?;
    echo(&mut subscription, SUBSCRIPTION, &given, COMPUTED);
    schedule::collection(&subscription, &given)?;
    schedule::pause_collection(&mut subscription, &given);
    let extra = items::extra_lines(call, &given, &subscription, origin.now)?;
    let change = Change {
        items,
        extra,
        given,
    };
    apply(call, subscription, change, &origin)
}

/// What is to become of a subscription.
pub(crate) struct Change {
    pub(crate) items: Vec<Document>,
    pub(crate) extra: Vec<billing::Line>,
    pub(crate) given: Params,
}

/// Changes items, anchor, trial and end of a subscription, and charges for it as the request says.
pub(crate) fn apply(
    call: &mut Call<'_>,
    mut after: Document,
    change: Change,
    origin: &Origin,
) -> Result<Value, StripeError> {
    let id = owned(&after, "id");
    let given = &change.given;
    let before = call.ledger.documents.find(SUBSCRIPTION, &id)?.clone();
    let (old, mut new) = (items_of(&before), change.items);
    let currency = owned(&after, "currency");
    for item in &new {
        billing::cost(call.ledger, item, &currency)?;
    }
    let trial = text(&before, "status") == Some("trialing");
    let ends_trial = given.text("trial_end") == Some("now") && trial;
    let restarts = given.part("billing_cycle_anchor").text("type") == Some("now")
        || interval(&new) != interval(&old);
    let now = given.integer("proration_date").unwrap_or(origin.now);
    check_proration_date(&before, now, given)?;
    let behavior = given
        .text("proration_behavior")
        .unwrap_or("create_prorations")
        .to_owned();
    let mut credits = Vec::new();
    if !trial && behavior != "none" && text(&before, "status") != Some("incomplete") {
        credits = prorations(call.ledger, &before, &old, &new, now, restarts)?;
    }
    let mut span = period(&before);
    if let Some(end) = schedule::trial_end(given, &new, origin.now)? {
        set(&mut after, "status", "trialing");
        set(&mut after, "trial_end", end);
        if number(&after, "trial_start") == 0 {
            set(&mut after, "trial_start", origin.now);
        }
        set(&mut after, "billing_cycle_anchor", end);
        span = (span.0, end);
    } else if restarts
        && !trial
        && let Some(interval) = interval(&new)
    {
        set(&mut after, "billing_cycle_anchor", origin.now);
        span = (origin.now, interval.after(origin.now, 1));
    }
    if ends_trial {
        set(&mut after, "status", "active");
        set(&mut after, "trial_end", origin.now);
        set(&mut after, "billing_cycle_anchor", origin.now);
        if let Some(interval) = interval(&new) {
            span = (origin.now, interval.after(origin.now, 1));
        }
    }
    set_period(&mut new, span);
    put_items(&mut after, &new);
    schedule::cancellation(&mut after, given, origin.now)?;
    for item in credits {
        call.ledger.add(item, "invoiceitem.created", origin);
    }
    let bills_period = (restarts && !trial) || ends_trial;
    let mut lines = change.extra;
    if bills_period {
        lines.extend(billing::item_lines(call.ledger, &after, &new, span, None)?);
    }
    let invoices = bills_period || behavior == "always_invoice" || !lines.is_empty();
    let payment = PaymentBehavior::from_param(given.text("payment_behavior"));
    let how = billing::ChangePayment {
        invoices,
        lines,
        behavior: payment,
    };
    billing::change_and_charge(call.ledger, before, after, how, origin)?;
    enter(call, &id, given, origin);
    let (changed, _) = found(call, &id)?;
    Ok(Value::Object(changed))
}

fn enter(call: &mut Call<'_>, id: &str, given: &Params, origin: &Origin) {
    enter_tasks(call.ledger, id, origin);
    let resumes_at = given.part("pause_collection").integer("resumes_at");
    if let Some(time) = resumes_at
        && let Some(subscription) = call.ledger.documents.get(SUBSCRIPTION, id)
    {
        let clock = owned(subscription, "test_clock");
        let subscription = id.to_owned();
        let task = Task::ResumeCollection { subscription, time };
        call.ledger.billing.agenda.enter(&clock, time, task);
    }
}

fn check_status(subscription: &Document, given: &Params) -> Result<(), StripeError> {
    let ended = matches!(
        text(subscription, "status"),
        Some("canceled" | "incomplete_expired")
    );
    let more = given
        .given()
        .any(|(name, _)| !AFTER_THE_END.contains(&name.as_str()));
    if ended && more {
        return Err(StripeError::invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
        ));
    }
    let pending = at(subscription, "pending_update").is_object() && given.get("items").is_some();
    if pending {
        return Err(StripeError::invalid(
            "This subscription has a pending update, which has to be paid or to expire before its items can be changed.",
        ));
    }
    Ok(())
}

fn check_proration_date(
    subscription: &Document,
    time: i64,
    given: &Params,
) -> Result<(), StripeError> {
    let (start, end) = period(subscription);
    if given.get("proration_date").is_none() || (start..=end).contains(&time) {
        return Ok(());
    }
    Err(StripeError::invalid(
        "Cannot specify `proration_date` outside of current subscription period.",
    )
    .param("proration_date"))
}
