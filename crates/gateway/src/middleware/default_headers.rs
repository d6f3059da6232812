//! Security headers for every response (OWASP "HTTP Security Response Headers Cheat Sheet"); a page sets its own.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::app::App;

/// What a response carries unless it set the header itself. Nothing of ours may be cached, framed or sniffed unless
/// its handler says so.
const DEFAULTS: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// Two years, as browsers' preload lists want it.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds what is missing.
pub async fn add_default_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_https = request
        .app_data::<web::Data<App>>()
        .is_some_and(|app| app.settings.is_https());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        add_if_missing(headers, name, value);
    }
    // Says the same to old browsers; it knows no lists, so it stands only where nobody may frame.
    let framed_by_none = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .is_some_and(|policy| {
            policy
                .to_str()
                .is_ok_and(|text| text.contains("frame-ancestors 'none'"))
        });
    if framed_by_none {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    if is_https {
        add_if_missing(headers, header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    Ok(response)
}

fn add_if_missing(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
