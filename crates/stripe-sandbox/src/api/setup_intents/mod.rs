//! `/v1/setup_intents` and `/v1/setup_attempts`. What a set-up does stands in `crate::setups`.

mod confirm;
mod create;
mod finish;
mod read;
mod update;

pub(crate) use confirm::confirm;
pub(crate) use create::create;
pub(crate) use finish::{cancel, verify_microdeposits};
pub(crate) use read::{attempts, list, retrieve};
pub(crate) use update::update;

use serde_json::Value;

use crate::objects::{SETUP_ECHOED, SetupIntent};
use crate::params::Params;
use crate::v1::{Call, Caller, StripeError};

/// The set-up after an action, or the error with the set-up inside it, as the caller may see it.
fn outcome(
    call: &Call<'_>,
    id: &str,
    result: Result<(), StripeError>,
) -> Result<Value, StripeError> {
    let Some(intent) = call.ledger.setup_intents.get(id) else {
        return Err(StripeError::missing("setup_intent", id));
    };
    let object = seen_by(call.caller, intent);
    match result {
        Ok(()) => Ok(object),
        Err(error) if error.field("param").is_some() && error.status == 400 => Err(error),
        Err(error) => Err(error.with("setup_intent", object)),
    }
}

fn seen_by(caller: Caller, intent: &SetupIntent) -> Value {
    match caller {
        Caller::Secret => intent.render(),
        Caller::Publishable => intent.render_public(),
    }
}

/// Takes over the parameters that Stripe gives back unchanged.
fn echo(intent: &mut SetupIntent, params: &Params) {
    for (name, value) in params.given() {
        if SETUP_ECHOED.contains(&name.as_str()) {
            intent.echoed.insert(name.clone(), value.clone());
        }
    }
}

/// Refuses what only platforms and other payment methods can use.
fn only_for_others(params: &Params) -> Result<(), StripeError> {
    if params.flag("attach_to_self") {
        return Err(
            StripeError::invalid("attach_to_self can only be used by connected accounts.")
                .param("attach_to_self"),
        );
    }
    if params.get("single_use").is_some() {
        return Err(StripeError::invalid(
            "single_use mandates are not supported by the payment method type card.",
        )
        .param("single_use"));
    }
    Ok(())
}
