//! When a subscription's trial, periods and end are, as requests say it.

use serde_json::{Value, json};

use crate::billing::{DAY, Interval, at, number, period, set, text};
use crate::params::Params;
use crate::state::Document;
use crate::v1::StripeError;

/// Source: Stripe docs, "Trials": up to two years (stored as 730 days).
const MAX_TRIAL_DAYS: i64 = 730;

/// The end of the trial that is asked for.
pub(super) fn trial_end(
    given: &Params,
    items: &[Document],
    now: i64,
) -> Result<Option<i64>, StripeError> {
    if given.get("trial_end").is_some() && given.get("trial_period_days").is_some() {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
        )
        .param("trial_end"));
    }
    if let Some(end) = given.integer("trial_end") {
        if end <= now {
            return Err(StripeError::invalid(
                "Invalid timestamp: must be an integer Unix timestamp in the future.",
            )
            .param("trial_end"));
        }
        if end > now + MAX_TRIAL_DAYS * DAY {
            return Err(StripeError::invalid(
                "Invalid timestamp: can be no more than two years in the future.",
            )
            .param("trial_end"));
        }
        return Ok(Some(end));
    }
    let of_plan = || {
        let days = at(items.first()?, "price/recurring/trial_period_days").as_i64();
        days.filter(|_| given.flag("trial_from_plan"))
    };
    let days = given.integer("trial_period_days").or_else(of_plan);
    match days {
        None | Some(0) => Ok(None),
        Some(days) if (1..=MAX_TRIAL_DAYS).contains(&days) => Ok(Some(now + days * DAY)),
        Some(days) => {
            let bound = if days < 0 {
                "greater than or equal to 0"
            } else {
                "less than or equal to 730"
            };
            Err(StripeError::invalid(format!("This value must be {bound}."))
                .code("parameter_invalid_integer")
                .param("trial_period_days"))
        }
    }
}

/// The anchor of the billing cycle; none where it is the start.
pub(super) fn anchor(
    given: &Params,
    interval: &Interval,
    from: i64,
) -> Result<Option<i64>, StripeError> {
    let anchor = match (
        given.integer("billing_cycle_anchor"),
        given.object("billing_cycle_anchor_config"),
    ) {
        (Some(_), Some(_)) => {
            return Err(StripeError::invalid("You may only specify one of these parameters: billing_cycle_anchor, billing_cycle_anchor_config.")
                .param("billing_cycle_anchor_config"));
        }
        (Some(anchor), None) => anchor,
        (None, Some(config)) => configured(config, interval, from),
        (None, None) => return Ok(None),
    };
    let natural = interval.after(from, 1);
    if anchor < from {
        return Err(StripeError::invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.",
        )
        .param("billing_cycle_anchor"));
    }
    if anchor > natural {
        return Err(StripeError::invalid(format!(
            "billing_cycle_anchor cannot be later than next natural billing date ({natural}) for plan."
        ))
        .param("billing_cycle_anchor"));
    }
    Ok((anchor > from).then_some(anchor))
}

/// The next day of the month (and month of the year) that is asked for.
fn configured(config: &Document, interval: &Interval, from: i64) -> i64 {
    let field = |name: &str| config.get(name).and_then(Value::as_i64);
    let start = jiff::Timestamp::from_second(from).unwrap_or_default();
    let start = start.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: Option<i64>, now: i8| {
        value
            .and_then(|value| i8::try_from(value).ok())
            .unwrap_or(now)
    };
    let day = part(field("day_of_month"), 1);
    let at_day = |month: &jiff::Zoned| {
        let day = day.clamp(1, month.days_in_month());
        let moved = month
            .with()
            .day(day)
            .hour(part(field("hour"), start.hour()))
            .minute(part(field("minute"), start.minute()))
            .second(part(field("second"), start.second()));
        moved
            .build()
            .map_or(from, |time| time.timestamp().as_second())
    };
    let mut month = start.first_of_month().unwrap_or_else(|_| start.clone());
    let wanted = field("month").filter(|_| interval.unit == "year");
    for _ in 0..13 {
        let fits = wanted.is_none_or(|wanted| i64::from(month.month()) == wanted);
        let time = at_day(&month);
        if fits && time >= from {
            return time;
        }
        let Ok(next) = month.checked_add(jiff::Span::new().months(1)) else {
            return from;
        };
        month = next;
    }
    from
}

/// `cancel_at`, `cancel_at_period_end` and the details of a cancellation.
pub(super) fn cancellation(
    subscription: &mut Document,
    given: &Params,
    now: i64,
) -> Result<(), StripeError> {
    let both = given.get("cancel_at").is_some_and(|at| !at.is_null())
        && given.flag("cancel_at_period_end");
    if both {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
        )
        .param("cancel_at"));
    }
    let period_end = period(subscription).1;
    match given.get("cancel_at") {
        None => {}
        Some(Value::Null) => forget(subscription),
        Some(Value::String(_)) => plan(subscription, period_end, now),
        Some(time) => {
            let time = time.as_i64().unwrap_or_default();
            if time <= now {
                return Err(StripeError::invalid(
                    "Invalid timestamp: must be an integer Unix timestamp in the future.",
                )
                .param("cancel_at"));
            }
            plan(subscription, time, now);
        }
    }
    match given.get("cancel_at_period_end") {
        Some(Value::Bool(true)) => {
            plan(subscription, period_end, now);
            set(subscription, "cancel_at_period_end", true);
        }
        Some(_) if crate::billing::flag(subscription, "cancel_at_period_end") => {
            forget(subscription);
        }
        _ => {}
    }
    if let Some(details) = given.object("cancellation_details") {
        for name in ["comment", "feedback"] {
            if let Some(value) = details.get(name) {
                set(
                    subscription,
                    &format!("cancellation_details/{name}"),
                    value.clone(),
                );
            }
        }
    }
    Ok(())
}

fn plan(subscription: &mut Document, time: i64, now: i64) {
    set(subscription, "cancel_at", time);
    set(subscription, "canceled_at", now);
    set(subscription, "cancel_at_period_end", false);
    set(
        subscription,
        "cancellation_details/reason",
        "cancellation_requested",
    );
}

fn forget(subscription: &mut Document) {
    set(subscription, "cancel_at", Value::Null);
    set(subscription, "canceled_at", Value::Null);
    set(subscription, "cancel_at_period_end", false);
    set(subscription, "cancellation_details/reason", Value::Null);
}

/// How it is collected; what is sent needs a time until which it is to be paid.
pub(super) fn collection(subscription: &Document, given: &Params) -> Result<(), StripeError> {
    let sends = text(subscription, "collection_method") == Some("send_invoice");
    let days = number(subscription, "days_until_due");
    if sends && days == 0 && given.get("days_until_due").is_none() {
        return Err(StripeError::invalid(
            "You must specify `days_until_due` if you set `collection_method=send_invoice`.",
        )
        .param("days_until_due"));
    }
    if !sends && given.get("days_until_due").is_some() {
        return Err(StripeError::invalid(
            "You can only set `days_until_due` if you also set `collection_method=send_invoice`.",
        )
        .param("days_until_due"));
    }
    Ok(())
}

/// `pause_collection` as the subscription keeps it.
pub(super) fn pause_collection(subscription: &mut Document, given: &Params) {
    match given.get("pause_collection") {
        None => {}
        Some(Value::Object(pause)) => {
            let kept =
                json!({ "behavior": pause.get("behavior"), "resumes_at": pause.get("resumes_at") });
            set(subscription, "pause_collection", kept);
        }
        Some(_) => set(subscription, "pause_collection", Value::Null),
    }
}
