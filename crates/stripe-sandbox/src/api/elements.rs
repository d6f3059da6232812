//! `GET /v1/elements/sessions`: what Stripe.js asks before it shows a Payment Element.
//! Only what the stand-in under `/v3/` uses is modelled.

use serde_json::{Value, json};

use crate::v1::{Call, StripeError};

/// The intent to collect for, or nulls where Elements are used before it exists.
pub(crate) fn session(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let mut session = json!({
        "object": "elements_session",
        "business_name": call.ledger.spec.business_name,
        "livemode": call.ledger.livemode,
        "payment_intent": null,
        "payment_method_types": ["card"],
        "setup_intent": null,
    });
    let id = call
        .params
        .text("client_secret")
        .and_then(|secret| secret.split_once("_secret_"))
        .map(|(id, _)| id);
    match id {
        None => {}
        Some(id) if id.starts_with("seti_") => {
            let found = call.ledger.setup_intents.get(id);
            let intent = found.ok_or_else(|| StripeError::missing("setup_intent", id))?;
            call.check_client_secret("SetupIntent", &intent.client_secret)?;
            session["setup_intent"] = intent.render_public();
        }
        Some(id) => {
            let found = call.ledger.payment_intents.get(id);
            let intent = found.ok_or_else(|| StripeError::missing("payment_intent", id))?;
            call.check_client_secret("PaymentIntent", &intent.client_secret)?;
            session["payment_intent"] = intent.render_public();
        }
    }
    Ok(session)
}
