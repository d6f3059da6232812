//! How an error is answered: the envelope, and the headers that belong to its status.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, ErrorType, REQUEST_ID};

/// What every refusal's body is.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ErrorBody)]
pub(crate) struct Body<'a> {
    r#type: ErrorType,
    code: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    decline_code: Option<&'a str>,
    request_id: String,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        if let Some(seconds) = self.0.retry_after_s {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.json(Envelope {
            error: Body {
                r#type: self.0.kind,
                code: self.0.code,
                message: &self.0.message,
                param: self.0.param.as_deref(),
                decline_code: self.0.decline_code.as_deref(),
                request_id: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
            },
        })
    }
}
