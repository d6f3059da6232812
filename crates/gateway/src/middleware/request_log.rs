//! Gives every request an id and writes one log line about it: method, route pattern, status, time, cause.
//!
//! Never the path as sent, the query, a header or a body: tokens and ids of people stand there.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::error::{ApiError, REQUEST_ID};

/// On every response.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The span around a request; everything that is logged meanwhile carries its id.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let request_id = request_id(request);
        tracing::info_span!("request", request_id, method = %request.method(), route = route(request))
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// Runs inside [`RequestSpan`]: answers with the id and logs the outcome once.
pub async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let request_id = request_id(&request);
    let header = HeaderValue::from_str(&request_id);
    let started = Instant::now();
    REQUEST_ID
        .scope(request_id, async move {
            let mut response = match next.call(request).await {
                Ok(response) => response,
                Err(error) => return Err(error),
            };
            if let Ok(header) = header {
                response.headers_mut().insert(X_REQUEST_ID, header);
            }
            log_outcome(&response, started);
            Ok(response)
        })
        .await
}

fn log_outcome<B>(response: &ServiceResponse<B>, started: Instant) {
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let error = response
        .response()
        .error()
        .map(|error| match error.as_error::<ApiError>() {
            Some(error) => format!("{error:?}"),
            // Only errors of ours have a text that is known to be free of what was sent.
            None => "refused by the framework".to_owned(),
        });
    let error = error.as_deref();
    if status >= 500 {
        tracing::error!(status, elapsed_ms, error, "request failed");
    } else {
        tracing::info!(status, elapsed_ms, error, "request");
    }
}

fn request_id(request: &ServiceRequest) -> String {
    request
        .extensions()
        .get::<RequestId>()
        .map_or_else(String::new, ToString::to_string)
}

/// The pattern that matched, so that no token of a path is logged.
fn route(request: &ServiceRequest) -> String {
    request
        .match_pattern()
        .unwrap_or_else(|| "unknown".to_owned())
}
