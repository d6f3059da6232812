//! `/v1/events`. Source: Stripe API reference, "Events".

use serde_json::Value;

use crate::v1::{Call, StripeError, list};

/// Stripe docs, "List all events": "going back up to 30 days".
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.events.get(call.id());
    let event = found.ok_or_else(|| StripeError::missing("event", call.id()))?;
    Ok(event.render(call.ledger.pending_webhooks(event)))
}

/// Delivers an event once more: to the endpoint that is named, or to all that want its type.
pub(crate) fn retry(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.events.get(call.id());
    let event = found.ok_or_else(|| StripeError::missing("event", call.id()))?;
    let endpoints = &call.ledger.webhook_endpoints;
    let chosen = match call.params.text("webhook_endpoint") {
        Some(id) => match endpoints.get(id) {
            Some(endpoint) if endpoint.disabled => {
                let message = format!("The webhook endpoint {id} is disabled.");
                return Err(StripeError::invalid(message).param("webhook_endpoint"));
            }
            Some(_) => vec![id.to_owned()],
            None => return Err(StripeError::missing("webhook endpoint", id)),
        },
        None => endpoints
            .values()
            .filter(|endpoint| endpoint.wants(event.kind))
            .map(|endpoint| endpoint.id.clone())
            .collect(),
    };
    let object = event.render(call.ledger.pending_webhooks(event));
    let id = call.id().to_owned();
    for endpoint in chosen {
        call.ledger.resend(&id, &endpoint);
    }
    Ok(object)
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let kind = call.params.text("type");
    let kinds = call.params.texts("types");
    if kind.is_some() && kinds.is_some() {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: type, types.",
        )
        .param("type"));
    }
    let success = call.params.get("delivery_success").and_then(Value::as_bool);
    let ledger = &call.ledger;
    let rows: Vec<_> = ledger
        .events
        .values()
        .rev()
        .filter(|event| call.origin.now - event.created < KEPT_SECONDS)
        .filter(|event| kind.is_none_or(|pattern| matches(pattern, event.kind)))
        .filter(|event| {
            kinds
                .as_ref()
                .is_none_or(|all| all.iter().any(|one| one == event.kind))
        })
        .filter(|event| {
            success.is_none_or(|wanted| (ledger.pending_webhooks(event) == 0) == wanted)
        })
        .map(|event| (event.id.clone(), event.created))
        .collect();
    list::page(call, "event", &rows, |id| {
        let event = ledger.events.get(id);
        event.map_or(Value::Null, |event| {
            event.render(ledger.pending_webhooks(event))
        })
    })
}

/// `payment_intent.succeeded`, or a group: `payment_intent.*`.
fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(group) => kind.starts_with(group),
        None => pattern == kind,
    }
}
