//! Pages that Stripe hosts for the merchant's customers: Checkout, the billing portal,
//! invoices and receipts. A person
//! uses them; what they do stands in `crate::checkout` and `crate::billing`.

mod checkout;
mod documents;
mod html;
mod money;
mod portal;

use std::future::{Ready, ready};

use actix_web::HttpResponse;
use actix_web::web::{self, JsonConfig, ServiceConfig};
use serde_json::{Value, json};

use crate::state::{Ledger, Shared};
use crate::v1::{Origin, StripeError};

const STYLE: &str = include_str!("assets/hosted.css");
const PORTAL_JS: &str = include_str!("assets/portal.js");
const CHECKOUT_JS: &str = include_str!("assets/checkout.js");
/// What a page of ours sends is small.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The pages load from the sandbox only, and nobody frames them.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[rustfmt::skip]
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/c")
            .app_data(JsonConfig::default().limit(MAX_BODY_BYTES))
            .route("/hosted.css",        web::get().to(|| asset("text/css", STYLE)))
            .route("/checkout.js",       web::get().to(|| asset("text/javascript", CHECKOUT_JS)))
            .route("/portal.js",         web::get().to(|| asset("text/javascript", PORTAL_JS)))
            .route("/pay/{id}",          web::get().to(checkout::show))
            .route("/pay/{id}",          web::post().to(checkout::pay))
            .route("/pay/{id}/choices",  web::post().to(checkout::choose))
            .route("/pay/{id}/outcome",  web::get().to(checkout::outcome)),
    );
    config.service(
        web::scope("/p")
            .app_data(JsonConfig::default().limit(MAX_BODY_BYTES))
            .route("/session/{secret}",  web::get().to(portal::show))
            .route("/session/{secret}",  web::post().to(portal::act)),
    );
    config
        .route("/i/{account}/{secret}",     web::get().to(documents::invoice))
        .route("/i/{account}/{secret}/pdf", web::get().to(documents::invoice))
        .route("/receipts/{charge}",        web::get().to(documents::receipt));
}

fn asset(content_type: &'static str, text: &'static str) -> Ready<HttpResponse> {
    ready(answer(200, content_type, text.to_owned()))
}

fn answer(status: u16, content_type: &str, text: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status)
        .insert_header(("Content-Security-Policy", CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cache-Control", "no-store"))
        .content_type(format!("{content_type}; charset=utf-8"))
        .body(text)
}

/// Works in the ledger that has the object, at its time, and lets the webhooks go. None if no account
/// has it.
fn in_ledger<T>(
    shared: &Shared,
    kind: &str,
    id: &str,
    work: impl FnOnce(&mut Ledger, &Origin) -> T,
) -> Option<T> {
    let origin = shared.origin(None, None);
    let (result, due) = {
        let mut world = shared.world();
        let ledger = world.holder(|ledger| ledger.documents.get(kind, id).is_some())?;
        ledger.pass_time(origin.now);
        (work(ledger, &origin), ledger.take_due())
    };
    shared.dispatch(due);
    Some(result)
}

/// What the page's script shows beside the field that is wrong.
fn refusal(error: &StripeError) -> HttpResponse {
    let text = |name: &str| error.field(name).map_or(Value::Null, Value::from);
    let body = json!({ "error": { "message": text("message"), "field": text("param"), "code": text("code") } });
    let status = actix_web::http::StatusCode::from_u16(error.status).unwrap_or_default();
    HttpResponse::build(status).json(body)
}
