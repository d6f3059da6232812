//! The whole HTTP surface as one table, by caller. From a row here no effect is more than three files away.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

use crate::error::ApiError;
use crate::{checkout, connect, internal, orders, storefront, webhook};

/// Registers every route.
pub fn configure(config: &mut ServiceConfig) {
    config
        // Stripe, with a signature made with the store's own secret
        .service(on("/webhook/stripe/{store_id}", [post(webhook::receive::receive_for_store)]))
        .service(on("/webhook/stripe", [post(webhook::shared::receive_shared)]))
        // Merchants in a browser, with a connect token
        .service(on(
            "/stripe/connect",
            [get(connect::form::show_form), post(connect::submit::submit_keys)],
        ))
        .service(on("/stripe/success/{store_id}", [get(connect::success::show_success)]))
        .service(on("/stripe/status/{store_id}", [get(connect::status::show_status)]));
}

type Entry = (Method, Route);

fn get<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::GET, web::get().to(handler))
}

fn post<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::POST, web::post().to(handler))
}

/// A path and its methods; any other method is 405 with `Allow`.
fn on<const N: usize>(path: &str, entries: [Entry; N]) -> Resource {
    let methods: Vec<Method> = entries.iter().map(|(method, _)| method.clone()).collect();
    let mut resource = web::resource(path);
    for (_, route) in entries {
        resource = resource.route(route);
    }
    resource.default_service(web::to(move || {
        let error = ApiError::method_not_allowed(&methods);
        async move { Err::<HttpResponse, _>(error) }
    }))
}

/// 404 for paths that are in no row.
pub async fn unknown_path() -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_found("path"))
}
