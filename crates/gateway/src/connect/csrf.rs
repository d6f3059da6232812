//! Proves that a form came from our own page: a random cookie that the form repeats, and the browser's own word.
//!
//! Double submit (OWASP "Cross-Site Request Forgery Prevention Cheat Sheet"); with https the cookie's `__Host-`
//! prefix keeps other hosts of the domain from setting it (RFC 6265bis, section 4.1.3.2).

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HeaderName, ORIGIN};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::refusal::Refusal;
use crate::app::App;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// 256 random bits in base64url.
const TOKEN_CHARS: usize = 43;

/// The token for a form: the one that the browser has, so that two tabs get along, or a fresh one.
pub(super) fn token(app: &App, request: &HttpRequest) -> String {
    let held = request
        .cookie(cookie_name(app))
        .map(|cookie| cookie.value().to_owned());
    held.filter(|token| is_ours(token))
        .unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// The cookie that keeps the token until the browser is closed.
pub(super) fn cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(app), token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.settings.is_https())
        .finish()
}

/// Refuses a form that another site sent.
pub(super) fn check(app: &App, request: &HttpRequest, field: &str) -> Result<(), Refusal> {
    let headers = request.headers();
    let own_origin = app.settings.public_origin();
    if headers
        .get_all(ORIGIN)
        .any(|origin| origin.as_bytes() != own_origin.as_str().as_bytes())
    {
        return Err(Refusal::forged_form(
            "the Origin header names another site than PUBLIC_URL",
        ));
    }
    // `none` is the person themself, for example by reloading the page.
    if headers
        .get_all(SEC_FETCH_SITE)
        .any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
    {
        return Err(Refusal::forged_form(
            "Sec-Fetch-Site says that another site sent the form",
        ));
    }
    let cookie = request
        .cookie(cookie_name(app))
        .ok_or_else(|| Refusal::forged_form("the cookie is missing"))?;
    if is_ours(cookie.value()) && bool::from(cookie.value().as_bytes().ct_eq(field.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::forged_form("csrf_token differs from the cookie"))
    }
}

fn cookie_name(app: &App) -> &'static str {
    if app.settings.is_https() {
        "__Host-tillgate_form"
    } else {
        "tillgate_form"
    }
}

fn is_ours(token: &str) -> bool {
    token.len() == TOKEN_CHARS
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
