//! `GET /v1/setup_intents[/{id}]` and `GET /v1/setup_attempts`.

use serde_json::Value;

use super::seen_by;
use crate::objects::SetupIntent;
use crate::payments::wallet;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.setup_intents.get(call.id());
    let intent = found.ok_or_else(|| StripeError::missing("setup_intent", call.id()))?;
    call.check_client_secret("SetupIntent", &intent.client_secret)?;
    Ok(seen_by(call.caller, intent))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call.params.text("customer");
    if let Some(customer) = customer {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    let method = call.params.text("payment_method");
    let intents = &call.ledger.setup_intents;
    let rows: Vec<_> = intents
        .values()
        .rev()
        .filter(|intent| customer.is_none_or(|id| intent.customer.as_deref() == Some(id)))
        .filter(|intent| method.is_none_or(|id| intent.payment_method.as_deref() == Some(id)))
        .map(|intent| (intent.id.clone(), intent.created))
        .collect();
    pages::page(call, "setup_intent", &rows, |id| {
        intents.get(id).map_or(Value::Null, SetupIntent::render)
    })
}

pub(crate) fn attempts(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let intent = call.params.text("setup_intent").unwrap_or_default();
    if !call.ledger.setup_intents.contains_key(intent) {
        return Err(StripeError::no_such("setup_intent", intent, "setup_intent"));
    }
    pages::documents(call, "setup_attempt", |attempt| {
        attempt.get("setup_intent").and_then(Value::as_str) == Some(intent)
    })
}
