//! JSON bodies: bounded, UTF-8, with the right content type, and errors that name the field.

use std::ops::Deref;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A cart of a hundred ad-hoc lines with long names fits; nothing that we read is larger.
pub const MAX_JSON_BYTES: usize = 256 * 1024;

/// A whole body must be here by then.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A request body, parsed. Unknown fields are refused where the type says so.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = check_content_type(request);
        let payload = payload.take();
        Box::pin(async move {
            content_type?;
            let body = read_body(payload, MAX_JSON_BYTES).await?;
            parse(&body).map(Self)
        })
    }
}

/// A body that may be absent: no bytes are the default value.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = check_content_type(request);
        let payload = payload.take();
        Box::pin(async move {
            let body = read_body(payload, MAX_JSON_BYTES).await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            content_type?;
            parse(&body).map(Self)
        })
    }
}

/// Reads a body of at most `max_bytes`, whatever its `Content-Length` claims.
///
/// A sender that trickles is given up after [`BODY_TIMEOUT`]: it would hold memory and a connection.
pub async fn read_body(payload: Payload, max_bytes: usize) -> Result<web::Bytes, ApiError> {
    let reading = tokio::time::timeout(BODY_TIMEOUT, read_all(payload, max_bytes));
    reading.await.map_err(|_| {
        ApiError::malformed(
            "body_unreadable",
            "The body did not arrive in time. Send it again, faster.",
        )
    })?
}

async fn read_all(mut payload: Payload, max_bytes: usize) -> Result<web::Bytes, ApiError> {
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            ApiError::malformed(
                "body_unreadable",
                "The body ended before it was complete. Send it again.",
            )
            .caused_by(error.to_string())
        })?;
        if body.len() + chunk.len() > max_bytes {
            return Err(ApiError::too_large(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn check_content_type(request: &HttpRequest) -> Result<(), ApiError> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::unsupported_media_type(
            "Send the body without Content-Encoding.",
        ));
    }
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::unsupported_media_type(
            "Send JSON with the header Content-Type: application/json.",
        ))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| {
        ApiError::malformed(
            "invalid_utf8",
            "The body is not UTF-8. Send JSON encoded as UTF-8.",
        )
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        let message = if inner.is_data() {
            format!(
                "The body does not fit: {}",
                without_position(&inner.to_string())
            )
        } else {
            "The body is not valid JSON. Check it with a JSON validator.".to_owned()
        };
        let error = ApiError::malformed("invalid_json", message);
        if path == "." {
            error
        } else {
            error.param(path)
        }
    })?;
    deserializer.end().map_err(|_| {
        ApiError::malformed(
            "invalid_json",
            "The body has more than one JSON value. Send exactly one.",
        )
    })?;
    Ok(value)
}

/// Line and column help nobody who sends one line.
fn without_position(message: &str) -> &str {
    message
        .find(" at line ")
        .map_or(message, |position| &message[..position])
}
