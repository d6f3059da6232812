//! One request as it is written, so that every attempt is the same.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::error::Unsendable;
use crate::{API_VERSION, IdempotencyKey, Transport, form};

/// A path of the API whose `{id}` stands for a checked id, so that logs can show the template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    template: &'static str,
    id: &'a str,
}

impl<'a> Path<'a> {
    pub(crate) fn fixed(template: &'static str) -> Self {
        Self { template, id: "" }
    }

    /// `id` comes from one of the types in `ids`, whose alphabet cannot change the path.
    pub(crate) fn with_id(template: &'static str, id: &'a str) -> Self {
        Self { template, id }
    }
}

/// A read, a mutation with its idempotency key, or a deletion.
pub(crate) struct Request<'a> {
    method: Method,
    path: Path<'a>,
    query: Option<String>,
    body: Option<String>,
    idempotency_key: Option<&'a IdempotencyKey>,
}

impl<'a> Request<'a> {
    pub(crate) fn read(path: Path<'a>) -> Self {
        Self {
            method: Method::GET,
            path,
            query: None,
            body: None,
            idempotency_key: None,
        }
    }

    pub(crate) fn read_with(path: Path<'a>, params: &impl Serialize) -> Result<Self, Unsendable> {
        let query = Some(form::encode(params)?);
        Ok(Self {
            query,
            ..Self::read(path)
        })
    }

    pub(crate) fn mutation(
        path: Path<'a>,
        params: &impl Serialize,
        key: &'a IdempotencyKey,
    ) -> Result<Self, Unsendable> {
        let body = Some(form::encode(params)?);
        Ok(Self {
            method: Method::POST,
            path,
            query: None,
            body,
            idempotency_key: Some(key),
        })
    }

    /// Needs no idempotency key: what is gone stays gone, however often it is deleted.
    pub(crate) fn deletion(path: Path<'a>) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::read(path)
        }
    }

    pub(crate) fn is_mutation(&self) -> bool {
        self.method != Method::GET
    }

    pub(crate) fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The path without ids, for logs.
    pub(crate) fn template(&self) -> &'static str {
        self.path.template
    }

    pub(crate) fn build(
        &self,
        transport: &Transport,
        authorization: &HeaderValue,
    ) -> RequestBuilder {
        let mut url = transport.config.api_base.clone();
        url.set_path(&self.path.template.replace("{id}", self.path.id));
        url.set_query(self.query.as_deref());
        let mut builder = transport
            .http
            .request(self.method.clone(), url)
            .header(AUTHORIZATION, authorization)
            .header("Stripe-Version", API_VERSION);
        if let Some(body) = &self.body {
            let form = "application/x-www-form-urlencoded";
            builder = builder.header(CONTENT_TYPE, form).body(body.clone());
        }
        if let Some(key) = self.idempotency_key {
            builder = builder.header("Idempotency-Key", key.as_str());
        }
        builder
    }
}

/// The `Authorization` header, marked so that the HTTP stack does not show it.
pub(crate) fn bearer(key: &SecretString) -> Result<HeaderValue, Unsendable> {
    let key = key.expose_secret();
    if key.trim().is_empty() {
        return Err(Unsendable::Key);
    }
    let mut text = String::with_capacity("Bearer ".len() + key.len());
    text.push_str("Bearer ");
    text.push_str(key);
    // Wiped when it goes out of scope.
    let text = SecretString::from(text);
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| Unsendable::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_marked_sensitive() {
        let header = bearer(&SecretString::from("sk_test_FAKE")).unwrap();
        assert!(header.is_sensitive());
        assert_eq!(header.to_str().unwrap(), "Bearer sk_test_FAKE");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
