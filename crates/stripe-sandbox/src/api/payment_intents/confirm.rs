//! `POST /v1/payment_intents/{id}/confirm`; Stripe.js calls it with the publishable key.
//! Source: Stripe API reference, "Confirm a PaymentIntent".

use serde_json::Value;

use super::{checks, outcome};
use crate::api::payment_methods;
use crate::objects::CaptureMethod;
use crate::payments::{self, Confirmation};
use crate::v1::{Call, Caller, StripeError};

pub(crate) fn confirm(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = payments::find(call.ledger, &id)?;
    let (client_secret, automatic) = (
        intent.client_secret.clone(),
        intent.automatic_payment_methods.clone(),
    );
    let (manual, customer) = (intent.confirmation_is_manual, intent.customer.clone());
    let amount = intent.amount;
    call.check_client_secret("PaymentIntent", &client_secret)?;
    if manual && call.caller == Caller::Publishable {
        return Err(StripeError::invalid(format!(
            "This PaymentIntent {id} cannot be confirmed using your publishable key because its `confirmation_method` is set to `manual`. Please use your secret key instead, or create a PaymentIntent with `confirmation_method` set to `automatic`."
        )));
    }
    checks::references(call)?;
    let expected = call.params.integer("amount_to_confirm");
    if expected.is_some_and(|expected| expected != amount) {
        return Err(StripeError::invalid(format!(
            "The amount_to_confirm does not match the amount of the PaymentIntent, which is {amount}."
        ))
        .param("amount_to_confirm"));
    }
    checks::return_url(call, automatic.as_deref())?;
    let payment_method = payment_methods::given(call)?;
    checks::usable(call, payment_method.as_deref(), customer.as_deref())?;
    if let Some(intent) = call.ledger.payment_intents.get_mut(&id) {
        checks::echo(&mut intent.echoed, &call.params);
        checks::card_options(&mut intent.card_options, &call.params);
        if let Some(capture_method) = call.params.text("capture_method") {
            intent.capture_method = CaptureMethod::from_param(Some(capture_method));
        }
    }
    let result = run(call, &id, payment_method);
    outcome(call, &id, result)
}

/// Confirms with what the request says; also for creations with `confirm=true`.
pub(super) fn run(
    call: &mut Call<'_>,
    id: &str,
    payment_method: Option<String>,
) -> Result<(), StripeError> {
    // Also `one_off` and `recurring`.
    let off_session = match call.params.get("off_session") {
        Some(Value::Bool(away)) => *away,
        given => given.is_some(),
    };
    let how = Confirmation {
        payment_method,
        return_url: call.params.text("return_url").map(str::to_owned),
        off_session,
        error_on_requires_action: call.params.flag("error_on_requires_action"),
        waits_for_customer: false,
        use_stripe_sdk: call.params.flag("use_stripe_sdk"),
    };
    payments::confirm(call.ledger, id, how, &call.origin)
}
