//! `/v1/setup_intents`: create, retrieve, cancel.

use serde_json::{Map, Value};

use crate::api::payment_methods;
use crate::ids;
use crate::objects::{SetupIntent, merge_metadata};
use crate::v1::{Call, Caller, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    if let Some(customer) = call.params.text("customer") {
        return Err(StripeError::missing("customer", customer).param("customer"));
    }
    let payment_method = payment_methods::given(call)?;
    let params = &call.params;
    let types = params.payment_method_types();
    let automatic = params.object("automatic_payment_methods");
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, params.get("metadata"));
    let id = ids::object("seti");
    let intent = SetupIntent {
        client_secret: ids::client_secret(&id),
        livemode: call.ledger.livemode,
        created: call.origin.now,
        status: if payment_method.is_some() {
            "requires_confirmation"
        } else {
            "requires_payment_method"
        },
        usage: params.text("usage").unwrap_or("off_session").to_owned(),
        description: params.text("description").map(str::to_owned),
        on_behalf_of: params.text("on_behalf_of").map(str::to_owned),
        payment_method,
        automatic_payment_methods: types.is_none().then(|| {
            let redirects = automatic
                .and_then(|given| given.get("allow_redirects"))
                .and_then(Value::as_str);
            redirects.unwrap_or("always").to_owned()
        }),
        payment_method_types: types.unwrap_or_else(|| vec!["card".to_owned()]),
        cancellation_reason: None,
        metadata,
        id: id.clone(),
    };
    let object = intent.render();
    call.ledger.setup_intents.insert(id, intent);
    call.ledger
        .emit("setup_intent.created", object.clone(), &call.origin);
    Ok(object)
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.setup_intents.get(call.id());
    let intent = found.ok_or_else(|| StripeError::missing("setup_intent", call.id()))?;
    call.check_client_secret("SetupIntent", &intent.client_secret)?;
    Ok(match call.caller {
        Caller::Secret => intent.render(),
        Caller::Publishable => intent.render_public(),
    })
}

pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    let id = call.id().to_owned();
    let Some(intent) = call.ledger.setup_intents.get_mut(&id) else {
        return Err(StripeError::missing("setup_intent", &id));
    };
    if intent.status == "canceled" {
        return Err(StripeError::invalid("You cannot cancel this SetupIntent because it has a status of canceled. Only a SetupIntent with one of the following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action.")
            .code("setup_intent_unexpected_state")
            .with("setup_intent", intent.render()));
    }
    intent.status = "canceled";
    intent.cancellation_reason = reason;
    let object = intent.render();
    call.ledger
        .emit("setup_intent.canceled", object.clone(), &call.origin);
    Ok(object)
}
