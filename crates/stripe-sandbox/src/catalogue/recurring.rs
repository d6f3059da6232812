//! How often a price is charged. Source: Stripe API reference, "Create a price", `recurring`.

use serde_json::{Map, Value, json};

use crate::api::check;
use crate::params::Params;
use crate::v1::StripeError;

/// Stripe API reference: "Maximum of three years interval allowed (3 years, 36 months, or 156 weeks)".
const LONGEST: &[(&str, i64)] = &[("day", 1095), ("week", 156), ("month", 36), ("year", 3)];
/// Stripe docs, "Trials": at most two years.
const MAX_TRIAL_DAYS: i64 = 730;

/// The price's `recurring`, from the parameters' one.
pub(super) fn recurring(given: &Map<String, Value>, prefix: &str) -> Result<Value, StripeError> {
    let given = Params::from(given.clone());
    let param = |name: &str| check::within(prefix, name);
    let interval = given.text("interval").unwrap_or_default();
    let count = given.integer("interval_count").unwrap_or(1);
    check::at_least(&param("interval_count"), count, 1)?;
    let longest = LONGEST.iter().find(|(name, _)| *name == interval);
    if longest.is_some_and(|(_, longest)| count > *longest) {
        let message = format!(
            "Invalid interval_count: {count} {interval}s is longer than the maximum of three years (3 years, 36 months, or 156 weeks)."
        );
        return Err(StripeError::invalid(message).param(&param("interval_count")));
    }
    if let Some(days) = given.integer("trial_period_days") {
        check::at_least(&param("trial_period_days"), days, 1)?;
        check::at_most(&param("trial_period_days"), days, MAX_TRIAL_DAYS)?;
    }
    // The sandbox has no meters.
    if let Some(meter) = given.text("meter") {
        return Err(StripeError::no_such("meter", meter, &param("meter")));
    }
    if given.text("usage_type") == Some("metered") {
        return Err(StripeError::invalid(
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.",
        ));
    }
    Ok(json!({
        "interval": interval,
        "interval_count": count,
        "trial_period_days": given.integer("trial_period_days"),
        "usage_type": "licensed",
    }))
}
