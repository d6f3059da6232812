//! `GET /v1/elements/sessions`: what Stripe.js asks before it shows a Payment Element.
//! Only what the stand-in under `/v3/` uses is modelled.

use serde_json::{Value, json};

use crate::v1::{Call, StripeError};

/// The payment to collect for, or null where Elements are used before it exists.
pub(crate) fn session(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut payment_intent = Value::Null;
    if let Some((id, _)) = call
        .params
        .text("client_secret")
        .and_then(|secret| secret.split_once("_secret_"))
    {
        let found = call.ledger.payment_intents.get(id);
        let intent = found.ok_or_else(|| StripeError::missing("payment_intent", id))?;
        call.check_client_secret("PaymentIntent", &intent.client_secret)?;
        payment_intent = intent.render_public();
    }
    Ok(json!({
        "object": "elements_session",
        "livemode": call.ledger.livemode,
        "payment_intent": payment_intent,
        "payment_method_types": ["card"],
    }))
}
