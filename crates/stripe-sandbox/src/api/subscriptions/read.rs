//! `GET /v1/subscriptions` and `/v1/subscriptions/{id}`.

use serde_json::Value;

use super::found;
use crate::billing::{SUBSCRIPTION, flag, objects, period, text};
use crate::v1::{Call, StripeError, list as lists};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (subscription, _) = found(call, call.id())?;
    Ok(Value::Object(subscription))
}

/// Without `status`, all that are not canceled. Source: Stripe API reference, "List subscriptions".
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let params = &call.params;
    let wanted = |name: &str, value: Option<&str>| {
        params.text(name).is_none_or(|wanted| value == Some(wanted))
    };
    let taxed = params
        .object("automatic_tax")
        .and_then(|tax| tax.get("enabled")?.as_bool());
    lists::documents(call, SUBSCRIPTION, |subscription| {
        let status = text(subscription, "status").unwrap_or_default();
        let ended = matches!(status, "canceled" | "incomplete_expired");
        let in_status = match params.text("status") {
            None => status != "canceled",
            Some("all") => true,
            Some("ended") => ended,
            Some(wanted) => status == wanted,
        };
        let has = |wanted: &str| {
            let mut items = objects(subscription, "items/data");
            items.any(|item| text(item, "price/id") == Some(wanted))
        };
        let (start, end) = period(subscription);
        in_status
            && wanted("customer", text(subscription, "customer"))
            && wanted("collection_method", text(subscription, "collection_method"))
            && wanted("test_clock", text(subscription, "test_clock"))
            && ["price", "plan"]
                .iter()
                .all(|name| params.text(name).is_none_or(has))
            && taxed.is_none_or(|taxed| taxed == flag(subscription, "automatic_tax/enabled"))
            && lists::holds(params, "current_period_start", Some(start))
            && lists::holds(params, "current_period_end", Some(end))
    })
}
