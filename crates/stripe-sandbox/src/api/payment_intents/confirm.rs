//! `POST /v1/payment_intents/{id}/confirm`; Stripe.js calls it with the publishable key.
//! Source: Stripe API reference, "Confirm a PaymentIntent".

use serde_json::Value;

use super::{checks, outcome};
use crate::api::payment_methods;
use crate::objects::CaptureMethod;
use crate::params::{Field, Kind};
use crate::payments::{self, Confirmation};
use crate::v1::{Call, StripeError};

pub(crate) const CONFIRM: &[Field] = &[
    Field::new("allowed_payment_method_types", Kind::List(&Kind::Text)),
    Field::new("amount_details", Kind::Free),
    Field::new("capture_method", Kind::OneOf(CaptureMethod::NAMES)),
    Field::new("client_secret", Kind::Text),
    Field::new("confirmation_token", Kind::Text),
    Field::new("error_on_requires_action", Kind::Bool),
    Field::new("excluded_payment_method_types", Kind::List(&Kind::Text)).clearable(),
    Field::new("hooks", Kind::Free),
    Field::new("mandate", Kind::Text),
    Field::new("mandate_data", Kind::Free),
    Field::new(
        "off_session",
        Kind::OneOf(&["true", "false", "one_off", "recurring"]),
    ),
    Field::new("payment_details", Kind::Free),
    Field::new("payment_method", Kind::Text),
    Field::new("payment_method_data", Kind::Object(payment_methods::CREATE)),
    Field::new("payment_method_options", Kind::Free),
    Field::new("radar_options", Kind::Free),
    Field::new("receipt_email", Kind::Text).clearable(),
    Field::new("return_url", Kind::Text),
    Field::new(
        "setup_future_usage",
        Kind::OneOf(&["off_session", "on_session"]),
    )
    .clearable(),
    Field::new("shipping", Kind::Object(checks::SHIPPING)).clearable(),
    Field::new("use_stripe_sdk", Kind::Bool),
];

pub(crate) fn confirm(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = payments::find(call.ledger, &id)?;
    let (client_secret, automatic) = (
        intent.client_secret.clone(),
        intent.automatic_payment_methods.clone(),
    );
    call.check_client_secret("PaymentIntent", &client_secret)?;
    checks::references(&call.params)?;
    checks::return_url(call, automatic.as_deref())?;
    let payment_method = payment_methods::given(call)?;
    if let Some(intent) = call.ledger.payment_intents.get_mut(&id) {
        checks::echo(&mut intent.echoed, &call.params);
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
    let off_session = call
        .params
        .text("off_session")
        .is_some_and(|value| value != "false");
    let how = Confirmation {
        payment_method,
        return_url: call.params.text("return_url").map(str::to_owned),
        off_session,
        error_on_requires_action: call.params.flag("error_on_requires_action"),
        use_stripe_sdk: call.params.flag("use_stripe_sdk"),
    };
    payments::confirm(call.ledger, id, how, &call.origin)
}
