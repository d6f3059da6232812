//! Cross-origin calls of storefronts (Fetch Standard, "CORS protocol"): the store's own origins, never with cookies.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use domain::StoreId;

use crate::app::App;
use crate::links;

/// What a storefront's script may send.
const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, accept-language");
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("x-request-id, retry-after, idempotent-replayed");
/// Browsers ask again after ten minutes, so that a removed origin is out soon.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");

/// Answers preflights and marks answers that the caller's origin may read.
pub async fn answer_cors(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let allowed = allowed_origin(&request).await;
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        request
            .into_response(HttpResponse::NoContent().finish())
            .map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        allow(headers, origin, is_preflight);
    }
    Ok(response)
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, is_preflight: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    }
}

/// The request's `Origin`, if it is ours or one of the store's, letter by letter.
async fn allowed_origin(request: &ServiceRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?.clone();
    let text = origin.to_str().ok()?;
    let app = request.app_data::<web::Data<App>>()?;
    if text == app.settings.public_origin().as_str() {
        return Some(origin);
    }
    let store_id = store_of(app, request).await?;
    let mut conn = app.db.read().await.ok()?;
    let store = db::stores::find(&mut conn, store_id).await.ok()??;
    store
        .allowed_origins
        .iter()
        .any(|allowed| allowed == text)
        .then_some(origin)
}

/// The store that the path names, by its id or by a payment link's token.
async fn store_of(app: &App, request: &ServiceRequest) -> Option<StoreId> {
    if let Some(token) = request.match_info().get("link_token") {
        return Some(links::found::find(app, token).await.ok()?.store_id);
    }
    request.match_info().get("store_id")?.parse().ok()
}
