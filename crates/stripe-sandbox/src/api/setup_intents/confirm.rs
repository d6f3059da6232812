//! `POST /v1/setup_intents/{id}/confirm`; Stripe.js calls it with the publishable key.
//! Source: Stripe API reference, "Confirm a SetupIntent".

use serde_json::Value;

use super::outcome;
use crate::api::payment_intents::{card_options, check_publishable, references, usable};
use crate::api::payment_methods;
use crate::setups::{self, SetupConfirmation};
use crate::v1::{Call, Caller, StripeError};

pub(crate) fn confirm(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = setups::find(call.ledger, &id)?;
    let (secret, automatic, customer) = (
        intent.client_secret.clone(),
        intent.automatic_payment_methods.clone(),
        intent.customer.clone(),
    );
    call.check_client_secret("SetupIntent", &secret)?;
    check_publishable(call)?;
    references(call)?;
    check_return_url(call, automatic.as_deref())?;
    let payment_method = payment_methods::given(call)?;
    usable(call, payment_method.as_deref(), customer.as_deref())?;
    let intent = setups::find(call.ledger, &id)?;
    let before = intent.clone();
    card_options(&mut intent.card_options, &call.params);
    let result = run(call, &id, payment_method);
    // What is refused changes nothing; a decline is an attempt that was made.
    if result.as_ref().is_err_and(|error| error.status == 400) {
        *setups::find(call.ledger, &id)? = before;
    }
    outcome(call, &id, result)
}

/// Confirms with what the request says; also for creations with `confirm=true`.
pub(super) fn run(
    call: &mut Call<'_>,
    id: &str,
    payment_method: Option<String>,
) -> Result<(), StripeError> {
    let how = SetupConfirmation {
        payment_method,
        return_url: call.params.text("return_url").map(str::to_owned),
        use_stripe_sdk: call.params.flag("use_stripe_sdk"),
    };
    let result = setups::confirm(call.ledger, id, how, &call.origin);
    // It speaks of this confirmation only.
    if let Some(intent) = call.ledger.setup_intents.get_mut(id) {
        intent.card_options.shift_remove("moto");
    }
    result
}

/// Where redirects are possible, a confirmation from a server has to say where to come back to.
pub(super) fn check_return_url(
    call: &Call<'_>,
    allow_redirects: Option<&str>,
) -> Result<(), StripeError> {
    let from_server = call.caller == Caller::Secret && !call.params.flag("use_stripe_sdk");
    if allow_redirects != Some("always") || !from_server || call.params.text("return_url").is_some()
    {
        return Ok(());
    }
    Err(StripeError::invalid(
        "This SetupIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
    ))
}
