//! A price that repeats, as the plan that such prices once were: subscription items and events still
//! carry it. Source: Stripe API reference, "The Plan object".

use serde_json::{Value, json};

use super::PRICE;
use crate::state::Document;

/// None for a price that is charged once.
pub(crate) fn plan(price: &Document) -> Option<Value> {
    debug_assert_eq!(price.get("object"), Some(&Value::from(PRICE)));
    let recurring = price
        .get("recurring")
        .filter(|recurring| recurring.is_object())?;
    let field = |name: &str| price.get(name).cloned().unwrap_or_default();
    Some(json!({
        "id": field("id"),
        "object": "plan",
        "active": field("active"),
        "amount": field("unit_amount"),
        "amount_decimal": field("unit_amount_decimal"),
        "billing_scheme": field("billing_scheme"),
        "created": field("created"),
        "currency": field("currency"),
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": field("livemode"),
        "metadata": field("metadata"),
        "meter": null,
        "nickname": field("nickname"),
        "product": field("product"),
        "tiers_mode": field("tiers_mode"),
        "transform_usage": field("transform_quantity"),
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }))
}
