//! An answer that is kept, as it is packed into one sealed text and replayed from it.

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use vault::VaultError;

use crate::error::ApiError;

/// On answers that were given before.
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What handlers set beside the body; all other headers are put on anew by the middleware outside.
const KEPT_HEADERS: [HeaderName; 2] = [header::CONTENT_TYPE, header::ALLOW];
/// What the vault seals, less room for the head: none of our answers comes near.
const MAX_BODY_BYTES: usize = vault::MAX_SECRET_BYTES - 4 * 1024;

/// A finished answer. It may hold tokens: no `Debug`.
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

/// The first line of the text that is sealed; the body follows as it is.
#[derive(Serialize, Deserialize)]
struct Head {
    place: String,
    status: u16,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The response, and its answer if it is one to keep: text, not too long, and not one that may be tried again.
    pub(super) fn of<B: MessageBody + 'static>(
        response: HttpResponse<B>,
    ) -> (HttpResponse, Option<Self>) {
        let status = response.status();
        let (head, body) = response.into_parts();
        let body = match body.try_into_bytes() {
            Ok(body) => body,
            Err(streaming) => return (head.set_body(streaming).map_into_boxed_body(), None),
        };
        let text = if is_kept(status) && body.len() <= MAX_BODY_BYTES {
            str::from_utf8(&body).ok()
        } else {
            None
        };
        let answer = text.map(|text| Self {
            status,
            headers: KEPT_HEADERS
                .into_iter()
                .filter_map(|name| {
                    head.headers()
                        .get(&name)
                        .cloned()
                        .map(|value| (name, value))
                })
                .collect(),
            body: text.to_owned(),
        });
        (head.set_body(body).map_into_boxed_body(), answer)
    }

    /// As one text that is bound to its place.
    pub(super) fn pack(&self, place: &str) -> Result<SecretString, ApiError> {
        let text = |value: &HeaderValue| {
            value
                .to_str()
                .map(str::to_owned)
                .map_err(ApiError::internal)
        };
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| Ok((name.to_string(), text(value)?)));
        let head = Head {
            place: place.to_owned(),
            status: self.status.as_u16(),
            headers: headers.collect::<Result<_, ApiError>>()?,
        };
        let head = serde_json::to_string(&head).map_err(ApiError::internal)?;
        Ok(SecretString::from(format!("{head}\n{}", self.body)))
    }

    /// From that text. One of another place was moved by somebody: it is treated as one that does not open.
    pub(super) fn unpack(packed: &SecretString, place: &str) -> Result<Self, ApiError> {
        let (head, body) = packed
            .expose_secret()
            .split_once('\n')
            .ok_or(VaultError::CannotOpen)?;
        let head: Head = serde_json::from_str(head).map_err(|_| VaultError::CannotOpen)?;
        if head.place != place {
            return Err(VaultError::CannotOpen.into());
        }
        let header = |(name, value): (String, String)| {
            Ok((
                name.parse().map_err(ApiError::internal)?,
                value.parse().map_err(ApiError::internal)?,
            ))
        };
        Ok(Self {
            status: StatusCode::from_u16(head.status).map_err(ApiError::internal)?,
            headers: head
                .headers
                .into_iter()
                .map(header)
                .collect::<Result<_, ApiError>>()?,
            body: body.to_owned(),
        })
    }

    /// The same answer again, marked as such.
    pub(super) fn replay(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers {
            response.insert_header(header);
        }
        response.insert_header((IDEMPOTENT_REPLAYED, HeaderValue::from_static("true")));
        response.body(self.body)
    }
}

/// Who was not let in, was too fast or met our failure may try again with the same key.
fn is_kept(status: StatusCode) -> bool {
    !(status == StatusCode::UNAUTHORIZED
        || status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error())
}

#[cfg(test)]
mod tests {
    use actix_web::body::{BodyStream, MessageBody as _};
    use futures_util::stream;

    use super::*;

    fn answer(response: HttpResponse) -> Option<Answer> {
        Answer::of(response).1
    }

    #[test]
    fn an_answer_survives_packing_byte_for_byte() {
        let body = "{\"id\":\"grüße \\u0000 \\\" 🫘\"}\n";
        let mut response = HttpResponse::Created();
        let response = response
            .content_type("application/json")
            .insert_header(("x-other", "1"))
            .body(body);
        let packed = answer(response).unwrap().pack("here").unwrap();
        let replayed = Answer::unpack(&packed, "here").unwrap().replay();
        assert_eq!(replayed.status(), StatusCode::CREATED);
        let header = |name: &str| {
            replayed
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header("content-type").unwrap(), "application/json");
        assert_eq!(header("idempotent-replayed").unwrap(), "true");
        assert_eq!(header("x-other"), None);
        assert_eq!(replayed.into_body().try_into_bytes().unwrap(), body);
    }

    #[test]
    fn an_answer_that_was_moved_does_not_open() {
        let packed = answer(HttpResponse::Ok().body("{}"))
            .unwrap()
            .pack("here")
            .unwrap();
        assert_eq!(
            Answer::unpack(&packed, "there").err().unwrap().code(),
            "vault_unavailable"
        );
    }

    #[test]
    fn what_may_be_tried_again_is_not_kept() {
        for status in [200, 201, 400, 402, 403, 404, 405, 409, 410, 413, 415, 422] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(
                answer(HttpResponse::build(status).body("{}")).is_some(),
                "{status}"
            );
        }
        for status in [401, 429, 500, 502, 503, 504] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(
                answer(HttpResponse::build(status).body("{}")).is_none(),
                "{status}"
            );
        }
    }

    #[test]
    fn what_cannot_be_kept_still_goes_out_whole() {
        let largest = "\"".repeat(MAX_BODY_BYTES);
        let (response, kept) = Answer::of(HttpResponse::Ok().body(largest.clone()));
        let packed = kept.unwrap().pack(&"0".repeat(64)).unwrap();
        assert!(packed.expose_secret().len() <= vault::MAX_SECRET_BYTES);
        assert_eq!(response.into_body().try_into_bytes().unwrap(), largest);
        for body in [vec![b'x'; MAX_BODY_BYTES + 1], vec![0xff]] {
            let (response, kept) = Answer::of(HttpResponse::Ok().body(body.clone()));
            assert!(kept.is_none());
            assert_eq!(response.into_body().try_into_bytes().unwrap(), body);
        }
        let streamed = BodyStream::new(stream::iter([Ok::<_, std::io::Error>(
            actix_web::web::Bytes::from("x"),
        )]));
        let (response, kept) = Answer::of(HttpResponse::Ok().body(streamed));
        assert!(kept.is_none());
        assert!(response.into_body().try_into_bytes().is_err());
    }

    #[test]
    fn the_cause_of_an_error_still_reaches_the_log() {
        let (response, kept) = Answer::of(HttpResponse::from_error(ApiError::not_found("order")));
        assert!(response.error().is_some() && kept.is_some());
    }
}
