//! `POST /v1/setup_intents`. Source: Stripe API reference, "Create a SetupIntent".

use serde_json::Value;

use super::{confirm, echo, only_for_others, outcome};
use crate::api::payment_intents::{card_options, moto_needs_confirm, references, usable};
use crate::api::payment_methods;
use crate::objects::{SetupIntent, SetupStatus, merge_metadata};
use crate::params::Params;
use crate::setups;
use crate::v1::{Call, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    references(call)?;
    only_for_others(&call.params)?;
    let mut intent = SetupIntent::new(call.ledger.livemode, call.origin.now);
    methods(&mut intent, &call.params)?;
    let confirms = call.params.flag("confirm");
    if confirms {
        confirm::check_return_url(call, intent.automatic_payment_methods.as_deref())?;
    } else {
        moto_needs_confirm(&call.params)?;
    }
    let customer = call.params.text("customer").map(str::to_owned);
    let payment_method = payment_methods::given(call)?;
    usable(call, payment_method.as_deref(), customer.as_deref())?;
    if payment_method.is_some() {
        intent.status = SetupStatus::RequiresConfirmation;
    }
    intent.payment_method = payment_method;
    intent.customer = customer;
    if let Some(usage) = call.params.text("usage") {
        usage.clone_into(&mut intent.usage);
    }
    merge_metadata(&mut intent.metadata, call.params.get("metadata"));
    card_options(&mut intent.card_options, &call.params);
    echo(&mut intent, &call.params);
    let id = setups::open(call.ledger, intent, &call.origin);
    let result = if confirms {
        confirm::run(call, &id, None)
    } else {
        Ok(())
    };
    outcome(call, &id, result)
}

/// Automatic payment methods are on unless types are named or they are switched off.
fn methods(intent: &mut SetupIntent, params: &Params) -> Result<(), StripeError> {
    let automatic = params.part("automatic_payment_methods");
    let types = params.payment_method_types();
    if automatic.flag("enabled") && types.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
            .param("automatic_payment_methods"));
    }
    let off = automatic.get("enabled") == Some(&Value::Bool(false));
    if types.is_none() && !off {
        let redirects = automatic.text("allow_redirects").unwrap_or("always");
        intent.automatic_payment_methods = Some(redirects.to_owned());
    }
    if let Some(types) = types {
        intent.payment_method_types = types;
    }
    Ok(())
}
