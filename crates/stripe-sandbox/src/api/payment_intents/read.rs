//! `GET /v1/payment_intents` and `GET /v1/payment_intents/{id}`.

use serde_json::Value;

use super::seen_by;
use crate::objects::PaymentIntent;
use crate::payments::wallet;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.payment_intents.get(call.id());
    let intent = found.ok_or_else(|| StripeError::missing("payment_intent", call.id()))?;
    call.check_client_secret("PaymentIntent", &intent.client_secret)?;
    Ok(seen_by(call.caller, intent))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call.params.text("customer");
    if let Some(customer) = customer {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    let intents = &call.ledger.payment_intents;
    let rows: Vec<_> = intents
        .values()
        .rev()
        .filter(|intent| customer.is_none_or(|id| intent.customer.as_deref() == Some(id)))
        .map(|intent| (intent.id.clone(), intent.created))
        .collect();
    pages::page(call, "payment_intent", &rows, |id| {
        intents.get(id).map_or(Value::Null, PaymentIntent::render)
    })
}
