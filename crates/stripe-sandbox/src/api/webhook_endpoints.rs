//! `/v1/webhook_endpoints`. Source: Stripe API reference, "Webhook Endpoints".
//! Unlike Stripe, loopback addresses are allowed: the sandbox lives on a laptop.

use serde_json::{Map, Value, json};

use crate::ids;
use crate::objects::{EVENT_TYPES, WebhookEndpoint, merge_metadata};
use crate::v1::{Call, StripeError, list};

/// Stripe docs, "Webhooks": "You can register up to 16 webhook endpoints".
const MAX_ENDPOINTS: usize = 16;

/// The only answer that has the signing secret in it.
pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    if call.ledger.webhook_endpoints.len() >= MAX_ENDPOINTS {
        let mode = if call.ledger.livemode { "live" } else { "test" };
        return Err(StripeError::invalid(format!(
            "You have reached the maximum of {MAX_ENDPOINTS} {mode} webhook endpoints."
        )));
    }
    let livemode = call.ledger.livemode;
    let url = checked_url(call.params.text("url").unwrap_or_default(), livemode)?;
    let enabled_events = checked_events(call.params.texts("enabled_events").unwrap_or_default())?;
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, call.params.get("metadata"));
    let endpoint = WebhookEndpoint {
        id: ids::object("we"),
        url,
        secret: ids::signing_secret(),
        enabled_events,
        disabled: false,
        api_version: call.params.text("api_version").map(str::to_owned),
        description: call.params.text("description").map(str::to_owned),
        metadata,
        created: call.origin.now,
        livemode: call.ledger.livemode,
    };
    let mut object = endpoint.render();
    object["secret"] = Value::from(endpoint.secret.clone());
    call.ledger
        .webhook_endpoints
        .insert(endpoint.id.clone(), endpoint);
    Ok(object)
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.webhook_endpoints.get(call.id());
    found
        .map(WebhookEndpoint::render)
        .ok_or_else(|| missing(call.id()))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let endpoints = &call.ledger.webhook_endpoints;
    let rows: Vec<_> = endpoints
        .values()
        .rev()
        .map(|one| (one.id.clone(), one.created))
        .collect();
    list::page(call, "webhook endpoint", &rows, |id| {
        endpoints
            .get(id)
            .map_or(Value::Null, WebhookEndpoint::render)
    })
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let livemode = call.ledger.livemode;
    let url = call.params.text("url");
    let url = url.map(|url| checked_url(url, livemode)).transpose()?;
    let enabled_events = call
        .params
        .texts("enabled_events")
        .map(checked_events)
        .transpose()?;
    let id = call.id().to_owned();
    let endpoint = call
        .ledger
        .webhook_endpoints
        .get_mut(&id)
        .ok_or_else(|| missing(&id))?;
    if let Some(url) = url {
        endpoint.url = url;
    }
    if let Some(events) = enabled_events {
        endpoint.enabled_events = events;
    }
    if let Some(disabled) = call.params.get("disabled").and_then(Value::as_bool) {
        endpoint.disabled = disabled;
    }
    if let Some(description) = call.params.get("description") {
        endpoint.description = description.as_str().map(str::to_owned);
    }
    merge_metadata(&mut endpoint.metadata, call.params.get("metadata"));
    Ok(endpoint.render())
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    call.ledger
        .webhook_endpoints
        .shift_remove(&id)
        .ok_or_else(|| missing(&id))?;
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

fn missing(id: &str) -> StripeError {
    StripeError::missing("webhook endpoint", id)
}

/// In live mode Stripe wants TLS; an address of this machine needs none.
fn checked_url(text: &str, livemode: bool) -> Result<String, StripeError> {
    let url = url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let invalid = |message: &str| {
        Err(StripeError::invalid(message)
            .code("url_invalid")
            .param("url"))
    };
    let Some(url) = url else {
        return invalid("Not a valid URL");
    };
    if livemode && url.scheme() == "http" && !is_loopback(&url) {
        return invalid("Invalid URL: webhook endpoints in live mode must use HTTPS.");
    }
    Ok(text.to_owned())
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn checked_events(events: Vec<String>) -> Result<Vec<String>, StripeError> {
    if events.is_empty() {
        return Err(
            StripeError::invalid("Missing required param: enabled_events.")
                .code("parameter_missing")
                .param("enabled_events"),
        );
    }
    for (index, event) in events.iter().enumerate() {
        if event != "*" && !EVENT_TYPES.contains(&event.as_str()) {
            return Err(StripeError::invalid(format!(
                "Invalid enabled_events[{index}]: must be one of *, {}",
                EVENT_TYPES.join(", ")
            ))
            .param(&format!("enabled_events[{index}]")));
        }
    }
    Ok(events)
}
