//! `/resume`, `/pause` and `/migrate`. Source: Stripe docs, "Pause subscriptions".

use serde_json::{Value, json};

use super::found;
use crate::billing::{
    self, enter_tasks, interval, items_of, owned, period, prorations, put_items, set, set_period,
    text,
};
use crate::v1::{Call, StripeError};

/// Stops billing and service until it is resumed.
pub(crate) fn pause(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut subscription, origin) = found(call, call.id())?;
    let status = text(&subscription, "status").unwrap_or_default().to_owned();
    if !matches!(status.as_str(), "active" | "trialing" | "past_due") {
        return Err(StripeError::invalid(format!(
            "You cannot pause a subscription with a status of {status}."
        )));
    }
    let unused = call.params.part("bill_for").part("unused_time_from");
    if unused.text("type") == Some("now") && status == "active" {
        let items = items_of(&subscription);
        for item in prorations(call.ledger, &subscription, &items, &[], origin.now, true)? {
            call.ledger.add(item, "invoiceitem.created", &origin);
        }
        if call.params.text("invoicing_behavior") == Some("invoice") {
            billing::invoice_now(call.ledger, &subscription, Vec::new(), &origin);
        }
    }
    set(&mut subscription, "status", "paused");
    let details = json!({ "paused": {
        "subscription": { "type": "pause_requested" }, "transitioned_at": origin.now, "type": "subscription",
    } });
    set(&mut subscription, "status_details", details);
    call.ledger.change(
        subscription.clone(),
        "customer.subscription.updated",
        &origin,
    );
    let object = Value::Object(subscription);
    call.ledger
        .emit("customer.subscription.paused", object.clone(), &origin);
    Ok(object)
}

/// Starts billing again, with a new period from now unless the anchor is to stay.
pub(crate) fn resume(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut subscription, origin) = found(call, call.id())?;
    let id = owned(&subscription, "id");
    if text(&subscription, "status") != Some("paused") {
        return Err(StripeError::invalid(
            "You can only resume subscriptions with a status of `paused`.",
        ));
    }
    let stays = call.params.part("billing_cycle_anchor").text("type") == Some("unchanged");
    let mut items = items_of(&subscription);
    let bills = !stays || period(&subscription).1 <= origin.now;
    if let Some(interval) = interval(&items).filter(|_| bills) {
        let anchor = if stays {
            billing::number(&subscription, "billing_cycle_anchor")
        } else {
            origin.now
        };
        set(&mut subscription, "billing_cycle_anchor", anchor);
        set_period(
            &mut items,
            (origin.now, interval.boundary_after(anchor, origin.now)),
        );
        put_items(&mut subscription, &items);
    }
    set(&mut subscription, "status", "active");
    subscription.shift_remove("status_details");
    call.ledger.change(
        subscription.clone(),
        "customer.subscription.updated",
        &origin,
    );
    call.ledger.emit(
        "customer.subscription.resumed",
        Value::Object(subscription.clone()),
        &origin,
    );
    if bills {
        let lines = billing::item_lines(
            call.ledger,
            &subscription,
            &items,
            period(&subscription),
            None,
        )?;
        billing::invoice_now(call.ledger, &subscription, lines, &origin);
    }
    enter_tasks(call.ledger, &id, &origin);
    let (resumed, _) = found(call, &id)?;
    Ok(Value::Object(resumed))
}

/// Every subscription of the sandbox is of the flexible billing mode already.
pub(crate) fn migrate(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut subscription, origin) = found(call, call.id())?;
    if text(&subscription, "billing_mode/type") == Some("flexible") {
        return Err(StripeError::invalid(
            "This subscription is already using the `flexible` billing mode.",
        )
        .param("billing_mode[type]"));
    }
    let mode = json!({ "flexible": { "proration_discounts": "included" }, "type": "flexible", "updated_at": origin.now });
    set(&mut subscription, "billing_mode", mode);
    Ok(call
        .ledger
        .change(subscription, "customer.subscription.updated", &origin))
}
