//! What browsers get: the Stripe.js stand-in, its frames, the 3-D Secure challenge, the front page.

mod challenge;
mod home;
mod stripe_js;

use std::future::{Ready, ready};

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;

/// Pages of the sandbox load only from the sandbox; merchants may frame them, as at Stripe.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'";

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .configure(home::routes)
        .configure(stripe_js::routes)
        .configure(challenge::routes);
}

fn asset(content_type: &'static str, text: &'static str) -> Ready<HttpResponse> {
    ready(page(content_type, text.to_owned()))
}

fn page(content_type: &str, text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Security-Policy", PAGE_CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cache-Control", "no-cache"))
        .content_type(format!("{content_type}; charset=utf-8"))
        .body(text)
}
