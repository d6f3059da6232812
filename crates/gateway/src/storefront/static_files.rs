//! What browsers load from us: the widget, scripts, styles and pictures, built into the binary.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::error::ApiError;

/// A file of `static/`, with its content type.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($path:literal => $content_type:expr),+ $(,)?) => {
        &[$(Asset {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../../../static/", $path)),
        }),+]
    };
}

/// Everything that is served, and nothing else: a path that is not here is 404.
const ASSETS: &[Asset] = assets! {
    "app.css" => CSS,
    "checkout.js" => JAVASCRIPT,
    "connect-status.js" => JAVASCRIPT,
    "copy.js" => JAVASCRIPT,
    "icon.svg" => SVG,
    "payment-status.js" => JAVASCRIPT,
    "widget.js" => JAVASCRIPT,
    "lib/api.js" => JAVASCRIPT,
    "lib/delivery.js" => JAVASCRIPT,
    "lib/money.js" => JAVASCRIPT,
    "lib/words.js" => JAVASCRIPT,
    "demo/coffee.svg" => SVG,
    "demo/filters.svg" => SVG,
    "demo/grinder.svg" => SVG,
    "demo/mug.svg" => SVG,
};

/// Short enough that a new release is seen within minutes; the tag saves the bytes meanwhile.
const CACHE: &str = "public, max-age=300";

/// `GET /static/{path}`.
pub async fn show_static(
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    serve(&request, &path)
}

/// `GET /widget.js`: the storefront widget, loaded by shops on other origins.
pub async fn show_widget(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    serve(&request, "widget.js")
}

fn serve(request: &HttpRequest, path: &str) -> Result<HttpResponse, ApiError> {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.path == path)
        .ok_or_else(|| ApiError::not_found("file"))?;
    Ok(answer(
        request,
        asset.content_type,
        web::Bytes::from_static(asset.bytes),
    ))
}

/// Bytes that only a new release changes, for any page: with their tag, or 304 for whoever has them.
pub fn answer(request: &HttpRequest, content_type: &str, bytes: web::Bytes) -> HttpResponse {
    let tag = format!("\"{}\"", etag(&bytes));
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::CACHE_CONTROL, CACHE))
        .insert_header((header::ETAG, tag))
        // Shops load the widget and its pictures from other origins, some of them isolated ones.
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if known {
        return response.finish();
    }
    response.content_type(content_type).body(bytes)
}

fn etag(bytes: &[u8]) -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(bytes)[..12])
}
