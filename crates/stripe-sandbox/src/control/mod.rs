//! `/_sandbox`: what tests and people need and Stripe does not have. No authentication, so it is
//! answered to loopback only, and not to pages of other origins.

mod accounts;
mod checkout;
mod clock;
mod deliveries;
mod faults;
mod keys;
mod money;
mod payment_intents;
mod requests;
mod settings;
mod view;
mod webhook_faults;

use actix_web::http::header::{HOST, ORIGIN};
use actix_web::web::{Data, Json, JsonConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, guard, web};
use serde_json::json;

use crate::state::Shared;

/// A control request is small.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What every handler gets.
type State = Data<Shared>;

#[rustfmt::skip]
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/_sandbox")
            .guard(guard::fn_guard(is_local))
            .app_data(JsonConfig::default().limit(MAX_BODY_BYTES).error_handler(bad_json))
            .configure(view::routes)
            .route("/requests",                          web::get().to(requests::list))
            .route("/requests",                          web::delete().to(requests::clear))
            .route("/accounts",                          web::get().to(accounts::list))
            .route("/accounts",                          web::post().to(accounts::add))
            .route("/accounts/{id}/standing",            web::post().to(settings::set_standing))
            .route("/clock",                             web::get().to(clock::show))
            .route("/clock",                             web::post().to(clock::advance))
            .route("/keys",                              web::get().to(keys::list))
            .route("/keys",                              web::post().to(keys::add))
            .route("/keys/expire",                       web::post().to(keys::expire))
            .route("/keys/roll",                         web::post().to(keys::roll))
            .route("/rate_limit",                        web::get().to(settings::rate_limit))
            .route("/rate_limit",                        web::post().to(settings::set_rate_limit))
            .route("/payment_intents/{id}",              web::post().to(payment_intents::tamper))
            .route("/payment_intents/{id}/pay",          web::post().to(payment_intents::pay))
            .route("/payment_intents/{id}/authenticate", web::post().to(payment_intents::authenticate))
            .route("/payment_intents/{id}/{action}",     web::post().to(money::dashboard))
            .route("/charges/{id}/dispute",              web::post().to(money::dispute))
            .route("/disputes/{id}/{verdict}",           web::post().to(money::decide))
            .route("/refunds/{id}/{end}",                web::post().to(money::end_refund))
            .route("/checkout/sessions/{id}/pay",        web::post().to(checkout::pay))
            .route("/checkout/sessions/{id}/settle",     web::post().to(checkout::settle))
            .route("/deliveries",                        web::get().to(deliveries::list))
            .route("/deliveries/mode",                   web::post().to(deliveries::set_mode))
            .route("/deliveries/flush",                  web::post().to(deliveries::flush))
            .route("/deliveries/settle",                 web::post().to(deliveries::settle))
            .route("/deliveries/speed",                  web::get().to(deliveries::speed))
            .route("/deliveries/speed",                  web::post().to(deliveries::set_speed))
            .route("/faults",                            web::get().to(faults::list))
            .route("/faults",                            web::post().to(faults::add))
            .route("/faults",                            web::delete().to(faults::clear))
            .route("/faults/{id}",                       web::delete().to(faults::remove))
            .route("/webhook_faults",                    web::get().to(webhook_faults::list))
            .route("/webhook_faults",                    web::post().to(webhook_faults::add))
            .route("/webhook_faults",                    web::delete().to(webhook_faults::clear))
            .route("/webhook_faults/{id}",               web::delete().to(webhook_faults::remove))
            .route("/seed",                              web::get().to(faults::seed))
            .route("/seed",                              web::post().to(faults::set_seed)),
    );
}

/// Loopback peer, no proxy in between, loopback name (against DNS rebinding), no foreign page (against forged requests).
fn is_local(context: &guard::GuardContext<'_>) -> bool {
    let head = context.head();
    let header = |name| {
        head.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    // Behind a proxy of this machine everybody's requests come from this machine.
    let forwarded = [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
    ]
    .iter()
    .any(|name| head.headers().contains_key(*name));
    let host = header(HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let from_loopback = head.peer_addr.is_some_and(|peer| peer.ip().is_loopback());
    let own_page = header(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    from_loopback && !forwarded && own_page && matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

fn bad_json(error: actix_web::error::JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let response = refusal(400, &error.to_string());
    actix_web::error::InternalError::from_response(error, response).into()
}

/// An answer that says what is wrong with the control request.
fn refusal(status: u16, message: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(json!({ "error": { "message": message } }))
}

/// An optional JSON body: none means the defaults.
fn or_default<T: Default>(body: Option<Json<T>>) -> T {
    body.map(Json::into_inner).unwrap_or_default()
}
