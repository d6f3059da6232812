//! `/v1/payment_intents`: one file an endpoint; what a payment does stands in `crate::payments`.

mod checks;
mod confirm;
mod create;
mod others;
mod publishable;
mod read;
mod settle;
mod statement;
mod update;

pub(crate) use checks::{
    card_options, echo, moto_needs_confirm, other_customer, references, usable,
};
pub(crate) use confirm::confirm;
pub(crate) use create::create;
pub(crate) use others::{apply_customer_balance, increment_authorization, verify_microdeposits};
pub(crate) use publishable::check as check_publishable;
pub(crate) use read::{list, retrieve};
pub(crate) use settle::{cancel, capture};
pub(crate) use update::update;

use serde_json::Value;

use crate::objects::PaymentIntent;
use crate::v1::{Call, Caller, StripeError};

/// The payment after an action, or the error with the payment inside it, as the caller may see it.
fn outcome(
    call: &mut Call<'_>,
    id: &str,
    result: Result<(), StripeError>,
) -> Result<Value, StripeError> {
    let Some(intent) = call.ledger.payment_intents.get(id) else {
        return Err(StripeError::missing("payment_intent", id));
    };
    let object = seen_by(call.caller, intent);
    match result {
        Ok(()) => Ok(object),
        Err(error) if error.field("param").is_some() && error.status == 400 => Err(error),
        Err(error) => Err(error.with("payment_intent", object)),
    }
}

fn seen_by(caller: Caller, intent: &PaymentIntent) -> Value {
    match caller {
        Caller::Secret => intent.render(),
        Caller::Publishable => intent.render_public(),
    }
}
