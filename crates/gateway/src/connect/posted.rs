//! What the connect form posts: bounded, UTF-8, each field once, pasted values trimmed.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;
use uuid::Uuid;

use super::account_change::AccountChange;
use super::keys::ConnectInput;
use super::refusal::Refusal;
use crate::error::ApiError;
use crate::json::read_body;

/// Three keys, a token and a URL, each character percent-encoded, fit.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// The fields, as sent; empty where absent.
#[derive(Default)]
pub(super) struct Posted {
    pub(super) store_id: String,
    return_url: String,
    pub(super) token: String,
    pub(super) csrf_token: String,
    pub(super) publishable_key: String,
    secret_key: SecretString,
    webhook_secret: SecretString,
    confirm_account_change: String,
}

impl Posted {
    /// Reads the request's body.
    pub(super) async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        check_head(request)?;
        let body = read_body(payload, MAX_FORM_BYTES).await?;
        parse(&body)
    }

    /// Where to go afterwards; the form sends an empty field where nobody asked for anything.
    pub(super) fn return_url(&self) -> Option<&str> {
        Some(self.return_url.as_str()).filter(|url| !url.is_empty())
    }

    /// The keys, trimmed. `token_id` permits them.
    pub(super) fn input(&self, token_id: Uuid) -> ConnectInput {
        let webhook_secret = pasted(self.webhook_secret.expose_secret());
        ConnectInput {
            publishable_key: pasted(&self.publishable_key).to_owned(),
            secret_key: SecretString::from(pasted(self.secret_key.expose_secret())),
            webhook_secret: (!webhook_secret.is_empty())
                .then(|| SecretString::from(webhook_secret)),
            token_id: Some(token_id),
            account_change: match pasted(&self.confirm_account_change) {
                "" => AccountChange::Ask,
                account => AccountChange::ConfirmedTo(account.to_owned()),
            },
        }
    }
}

fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    let value = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    let media_type = value(header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or("")
        .trim();
    if request.headers().contains_key(header::CONTENT_ENCODING)
        || !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    {
        return Err(ApiError::unsupported_media_type(
            "Send the form as application/x-www-form-urlencoded, without Content-Encoding.",
        ));
    }
    Ok(())
}

fn parse(body: &web::Bytes) -> Result<Posted, Refusal> {
    let mut posted = Posted::default();
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        // The decoder puts U+FFFD where bytes are not UTF-8; no honest value has one.
        if name.contains('\u{FFFD}') || value.contains('\u{FFFD}') {
            return Err(Refusal::unreadable(
                "The form is not UTF-8. Open the connect link again.",
            ));
        }
        let value = value.into_owned();
        match &*name {
            "store_id" => posted.store_id = value,
            "return_url" => posted.return_url = value,
            "token" => posted.token = value,
            "csrf_token" => posted.csrf_token = value,
            "publishable_key" => posted.publishable_key = value,
            "confirm_account_change" => posted.confirm_account_change = value,
            "secret_key" => posted.secret_key = SecretString::from(value),
            "webhook_secret" => posted.webhook_secret = SecretString::from(value),
            _ => continue,
        }
        if seen.contains(&name) {
            return Err(Refusal::unreadable(
                "A field of the form came twice. Open the connect link again.",
            ));
        }
        seen.push(name);
    }
    Ok(posted)
}

/// Without what copying picks up at the ends: white space, also invisible kinds and byte order marks.
fn pasted(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &'static [u8]) -> Option<Posted> {
        parse(&web::Bytes::from_static(body)).ok()
    }

    #[test]
    fn pasted_values_lose_invisible_ends_only() {
        for text in [
            "  pk_test_x",
            "pk_test_x\r\n",
            "\u{200B}pk_test_x\u{A0}",
            "\u{FEFF}\tpk_test_x\u{2060}\u{200E} ",
        ] {
            assert_eq!(pasted(text), "pk_test_x", "{text:?}");
        }
        assert_eq!(pasted("pk_\u{200B}test"), "pk_\u{200B}test");
        assert_eq!(pasted(" \u{200B} "), "");
    }

    #[test]
    fn fields_are_decoded_and_unknown_ones_ignored() {
        let posted =
            parsed(b"store_id=a%20b&other=1&secret_key=+sk_test_FAKE%0A&webhook_secret=").unwrap();
        assert_eq!(posted.store_id, "a b");
        let input = posted.input(Uuid::nil());
        assert_eq!(input.secret_key.expose_secret(), "sk_test_FAKE");
        assert!(input.webhook_secret.is_none());
    }

    #[test]
    fn what_is_not_utf_8_or_comes_twice_is_refused() {
        for body in [
            &b"store_id=%FF"[..],
            b"store_id=\xC3",
            b"a%FFb=1",
            b"token=1&token=2",
            b"secret_key=1&secret_key=2",
        ] {
            assert!(parsed(body).is_none(), "{body:?}");
        }
    }
}
