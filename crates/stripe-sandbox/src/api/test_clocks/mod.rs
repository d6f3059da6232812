//! `/v1/test_helpers/test_clocks`. Source: Stripe docs, "Test clocks", and API reference.

use serde_json::{Value, json};

use crate::billing::{
    self, DAY, SUBSCRIPTION, TEST_CLOCK, interval, items_of, number, owned, run_due, set, text,
};
use crate::ids;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError, list as lists};

/// Stripe deletes a clock after so long.
const KEPT: i64 = 30 * DAY;
/// How far a clock may be advanced where nothing is subscribed.
const TWO_YEARS: i64 = 2 * 366 * DAY;

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    if call.ledger.livemode {
        return Err(StripeError::invalid(
            "Test clocks are only available in test mode.",
        ));
    }
    let mut clock = call.blank(TEST_CLOCK, ids::object("clock"));
    set(
        &mut clock,
        "frozen_time",
        call.params.integer("frozen_time").unwrap_or_default(),
    );
    set(&mut clock, "deletes_after", call.origin.now + KEPT);
    set(&mut clock, "status", "ready");
    set(&mut clock, "status_details", json!({}));
    if let Some(name) = call.params.text("name") {
        set(&mut clock, "name", name);
    }
    Ok(call.add(clock, "test_helpers.test_clock.created"))
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let clock = call.ledger.documents.find(TEST_CLOCK, call.id())?;
    Ok(Value::Object(clock.clone()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    lists::documents(call, TEST_CLOCK, |_| true)
}

/// The clock's customers go with it, and their subscriptions with them.
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    call.ledger.documents.find(TEST_CLOCK, &id)?;
    let on_clock = |customer: &&Document| text(customer, "test_clock") == Some(&id);
    let customers: Vec<String> = (call.ledger.documents.all("customer").filter(on_clock))
        .map(|customer| owned(customer, "id"))
        .collect();
    for customer in customers {
        billing::cancel_all(call.ledger, &customer, &call.origin);
        let deleted = call.delete("customer", &customer, "customer.deleted");
        if let Value::Object(trace) = deleted {
            call.ledger.documents.insert(trace);
        }
    }
    call.ledger.billing.agenda.remove(&id);
    Ok(call.delete(TEST_CLOCK, &id, "test_helpers.test_clock.deleted"))
}

/// Answers as Stripe does, that the clock is advancing; all that is due has happened then already.
pub(crate) fn advance(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let mut clock = call.ledger.documents.find(TEST_CLOCK, &id)?.clone();
    let target = call.params.integer("frozen_time").unwrap_or_default();
    check(call, &clock, target)?;
    set(&mut clock, "status", "advancing");
    set(
        &mut clock,
        "status_details",
        json!({ "advancing": { "target_frozen_time": target } }),
    );
    let advancing = call.change(clock.clone(), "test_helpers.test_clock.advancing");
    let origin = call.origin.clone();
    step(call, &mut clock, target, &origin);
    set(&mut clock, "status", "ready");
    set(&mut clock, "status_details", json!({}));
    set(&mut clock, "frozen_time", target);
    call.ledger.documents.insert(clock.clone());
    call.ledger.emit(
        "test_helpers.test_clock.ready",
        Value::Object(clock),
        &origin,
    );
    Ok(advancing)
}

/// Lets the clock stand at each time at which something happens.
fn step(call: &mut Call<'_>, clock: &mut Document, target: i64, origin: &Origin) {
    let id = owned(clock, "id");
    while let Some(next) = call.ledger.billing.agenda.next_time(&id) {
        if next > target {
            return;
        }
        let now = number(clock, "frozen_time").max(next);
        set(clock, "frozen_time", now);
        call.ledger.documents.insert(clock.clone());
        run_due(call.ledger, &id, now, origin);
    }
}

/// Forward only, and not further than two intervals of the shortest subscription.
fn check(call: &Call<'_>, clock: &Document, target: i64) -> Result<(), StripeError> {
    let now = number(clock, "frozen_time");
    let refuse = |message: String| Err(StripeError::invalid(message).param("frozen_time"));
    if target <= now {
        return refuse(format!(
            "Test clock can only be advanced forward. The test clock's current frozen time is {now}, but you provided {target}."
        ));
    }
    let shortest = (call.ledger.documents.all(SUBSCRIPTION))
        .filter(|subscription| text(subscription, "test_clock") == text(clock, "id"))
        .filter(|subscription| {
            !matches!(
                text(subscription, "status"),
                Some("canceled" | "incomplete_expired")
            )
        })
        .filter_map(|subscription| Some(interval(&items_of(subscription))?.after(now, 2)))
        .min();
    if target > shortest.unwrap_or(now + TWO_YEARS) {
        return refuse(
            "Cannot advance the test clock more than two intervals of its shortest subscription (or two years, if it has none) into the future.".to_owned(),
        );
    }
    Ok(())
}
