//! `POST /v1/setup_intents/{id}`. Source: Stripe API reference, "Update a SetupIntent".

use serde_json::Value;

use super::{echo, only_for_others, outcome};
use crate::api::payment_intents::{
    card_options, moto_needs_confirm, other_customer, references, usable,
};
use crate::api::payment_methods;
use crate::objects::{SetupStatus, merge_metadata};
use crate::setups;
use crate::v1::{Call, StripeError};

/// Only an open set-up can change what is set up, and for whom.
const OPEN_ONLY: &[&str] = &[
    "allowed_payment_method_types",
    "customer",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
];

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let intent = setups::find(call.ledger, &id)?;
    let (status, customer) = (intent.status, intent.customer.clone());
    let late = OPEN_ONLY
        .iter()
        .find(|name| call.params.get(name).is_some());
    if let Some(name) = late.filter(|_| !status.is_open()) {
        let refusal = setups::unexpected_state(format!(
            "You cannot update the {name} of this SetupIntent because it has a status of {}. Only a SetupIntent with one of the following statuses may be updated: requires_payment_method, requires_confirmation, requires_action.",
            status.as_str()
        ));
        return outcome(call, &id, Err(refusal));
    }
    references(call)?;
    moto_needs_confirm(&call.params)?;
    only_for_others(&call.params)?;
    if let Some(refusal) = other_customer(&call.params, customer.as_deref(), "SetupIntent") {
        return outcome(
            call,
            &id,
            Err(refusal.code("setup_intent_unexpected_state")),
        );
    }
    let customer = call.params.text("customer").map(str::to_owned).or(customer);
    let payment_method = payment_methods::given(call)?;
    usable(call, payment_method.as_deref(), customer.as_deref())?;
    let intent = setups::find(call.ledger, &id)?;
    intent.customer = customer;
    if let Some(types) = call.params.payment_method_types() {
        intent.payment_method_types = types;
        intent.automatic_payment_methods = None;
    }
    if payment_method.is_some() {
        intent.payment_method = payment_method;
        intent.status = SetupStatus::RequiresConfirmation;
        intent.next_action = Value::Null;
    }
    card_options(&mut intent.card_options, &call.params);
    merge_metadata(&mut intent.metadata, call.params.get("metadata"));
    echo(intent, &call.params);
    outcome(call, &id, Ok(()))
}
