//! `POST /v1/payment_intents/{id}/confirm`; Stripe.js calls it with the publishable key.
//! Source: Stripe API reference, "Confirm a PaymentIntent".

use serde_json::Value;

use super::{checks, outcome, publishable};
use crate::api::payment_methods;
use crate::objects::{CaptureMethod, PaymentIntent};
use crate::params::Params;
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
    publishable::check(call)?;
    publishable::check_changes(call, &id)?;
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
    let intent = payments::find(call.ledger, &id)?;
    let before = intent.clone();
    take_over(intent, &call.params, call.caller);
    let checked = checks::off_session(intent, &call.params);
    let result = checked.and_then(|()| run(call, &id, payment_method));
    // What is refused changes nothing; a decline is an attempt that was made.
    if result.as_ref().is_err_and(|error| error.status == 400) {
        *payments::find(call.ledger, &id)? = before;
    }
    outcome(call, &id, result)
}

/// What the request says of the payment itself.
fn take_over(intent: &mut PaymentIntent, params: &Params, caller: Caller) {
    checks::echo(&mut intent.echoed, params);
    checks::card_options(&mut intent.card_options, params);
    if let Some(capture_method) = params.text("capture_method") {
        intent.capture_method = CaptureMethod::from_param(Some(capture_method));
    }
    if params.get("shipping").is_some() {
        intent.shipping_set_by = Some(caller);
    }
}

/// Confirms with what the request says; also for creations with `confirm=true`.
pub(super) fn run(
    call: &mut Call<'_>,
    id: &str,
    payment_method: Option<String>,
) -> Result<(), StripeError> {
    let how = Confirmation {
        payment_method,
        return_url: call.params.text("return_url").map(str::to_owned),
        off_session: checks::is_off_session(&call.params),
        error_on_requires_action: call.params.flag("error_on_requires_action"),
        waits_for_customer: false,
        use_stripe_sdk: call.params.flag("use_stripe_sdk"),
    };
    let result = payments::confirm(call.ledger, id, how, &call.origin);
    // It speaks of this confirmation only.
    if let Some(intent) = call.ledger.payment_intents.get_mut(id) {
        intent.card_options.shift_remove("moto");
    }
    result
}
