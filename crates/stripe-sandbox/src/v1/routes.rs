//! The table of contents of the API: method, path, who may call it, what it accepts, what it does.

use serde_json::Value;

use crate::api::{
    account, balance, charges, elements, events, payment_intents, payment_methods, setup_intents,
    webhook_endpoints,
};
use crate::params::Field;
use crate::v1::{Call, StripeError};

/// One endpoint.
pub(crate) struct Route {
    method: &'static str,
    path: &'static str,
    pub(crate) publishable_allowed: bool,
    pub(crate) params: &'static [Field],
    pub(crate) handler: Handler,
}

pub(crate) type Handler = fn(&mut Call<'_>) -> Result<Value, StripeError>;

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    secret("GET",    "/v1/account",                      &[],                               account::retrieve),
    secret("GET",    "/v1/balance",                      &[],                               balance::retrieve),
    secret("GET",    "/v1/charges/{id}",                 &[],                               charges::retrieve),
    secret("GET",    "/v1/charges",                      charges::LIST,                     charges::list),
    browser("GET",   "/v1/elements/sessions",            elements::SESSION,                 elements::session),
    secret("GET",    "/v1/events",                       events::LIST,                      events::list),
    secret("GET",    "/v1/events/{id}",                  &[],                               events::retrieve),
    secret("POST",   "/v1/payment_intents",              payment_intents::CREATE,           payment_intents::create),
    secret("GET",    "/v1/payment_intents",              payment_intents::LIST,             payment_intents::list),
    browser("GET",   "/v1/payment_intents/{id}",         payment_intents::RETRIEVE,         payment_intents::retrieve),
    secret("POST",   "/v1/payment_intents/{id}",         payment_intents::UPDATE,           payment_intents::update),
    browser("POST",  "/v1/payment_intents/{id}/confirm", payment_intents::CONFIRM,          payment_intents::confirm),
    secret("POST",   "/v1/payment_intents/{id}/capture", payment_intents::CAPTURE,          payment_intents::capture),
    secret("POST",   "/v1/payment_intents/{id}/cancel",  payment_intents::CANCEL,           payment_intents::cancel),
    browser("POST",  "/v1/payment_methods",              payment_methods::CREATE,           payment_methods::create),
    secret("GET",    "/v1/payment_methods/{id}",         &[],                               payment_methods::retrieve),
    secret("POST",   "/v1/setup_intents",                setup_intents::CREATE,             setup_intents::create),
    browser("GET",   "/v1/setup_intents/{id}",           setup_intents::RETRIEVE,           setup_intents::retrieve),
    secret("POST",   "/v1/setup_intents/{id}/cancel",    setup_intents::CANCEL,             setup_intents::cancel),
    secret("POST",   "/v1/webhook_endpoints",            webhook_endpoints::CREATE,         webhook_endpoints::create),
    secret("GET",    "/v1/webhook_endpoints",            webhook_endpoints::LIST,           webhook_endpoints::list),
    secret("GET",    "/v1/webhook_endpoints/{id}",       &[],                               webhook_endpoints::retrieve),
    secret("POST",   "/v1/webhook_endpoints/{id}",       webhook_endpoints::UPDATE,         webhook_endpoints::update),
    secret("DELETE", "/v1/webhook_endpoints/{id}",       &[],                               webhook_endpoints::delete),
];

/// The endpoint for a request, with the ids in its path.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, ids(route.path, path)?)))
}

/// Stripe's answer where no endpoint is.
pub(crate) fn unrecognized(method: &str, path: &str) -> StripeError {
    let message = format!(
        "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
    );
    StripeError::other(404, "invalid_request_error", &message)
}

const fn secret(
    method: &'static str,
    path: &'static str,
    params: &'static [Field],
    handler: Handler,
) -> Route {
    Route {
        method,
        path,
        publishable_allowed: false,
        params,
        handler,
    }
}

/// Stripe.js calls these with the publishable key.
const fn browser(
    method: &'static str,
    path: &'static str,
    params: &'static [Field],
    handler: Handler,
) -> Route {
    Route {
        method,
        path,
        publishable_allowed: true,
        params,
        handler,
    }
}

fn ids(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        if wanted == "{id}" && !part.is_empty() {
            ids.push(part.to_owned());
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(ids)
}
