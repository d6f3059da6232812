//! Idempotency keys. Source: Stripe docs, "Idempotent requests".

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::v1::StripeError;

/// Stripe forgets keys after at least 24 hours; the sandbox after exactly that.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// Stripe docs: "up to 255 characters".
const MAX_KEY_CHARS: usize = 255;

/// The keys that one account has used in one mode.
#[derive(Default)]
pub(crate) struct IdempotencyKeys(HashMap<String, Entry>);

struct Entry {
    request: Fingerprint,
    created: i64,
    answer: Option<KeptAnswer>,
}

/// What makes two requests the same.
#[derive(PartialEq, Clone)]
pub(crate) struct Fingerprint {
    pub(crate) path: String,
    pub(crate) params: Map<String, Value>,
}

/// The first answer, as it is replayed.
#[derive(Clone)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) should_retry: Option<bool>,
    /// The request that was answered first, for `Original-Request`.
    pub(crate) request_id: String,
}

/// What a key means for a request that carries it.
pub(crate) enum Begun {
    /// The key is new: execute.
    First,
    /// The key was answered before: replay.
    Replay(KeptAnswer),
}

impl IdempotencyKeys {
    /// Takes the key for this request, or says what it was used for.
    pub(crate) fn begin(
        &mut self,
        key: &str,
        request: &Fingerprint,
        now: i64,
    ) -> Result<Begun, StripeError> {
        if key.chars().count() > MAX_KEY_CHARS {
            return Err(StripeError::idempotency(
                400,
                format!("Idempotency keys may be at most {MAX_KEY_CHARS} characters."),
            ));
        }
        self.0
            .retain(|_, entry| entry.answer.is_none() || now - entry.created < KEPT_SECONDS);
        match self.0.get(key) {
            None => {
                let entry = Entry { request: request.clone(), created: now, answer: None };
                self.0.insert(key.to_owned(), entry);
                Ok(Begun::First)
            }
            Some(entry) if entry.request != *request => Err(other_request(key, entry, request)),
            Some(Entry { answer: Some(answer), .. }) => Ok(Begun::Replay(answer.clone())),
            Some(_) => Err(StripeError::idempotency(
                409,
                format!("There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): {key}. Please try again later."),
            )
            .code("idempotency_key_in_use")
            .retry(true)),
        }
    }

    /// Keeps the answer, or frees the key if the request never began to execute.
    pub(crate) fn finish(&mut self, key: &str, answer: Option<KeptAnswer>) {
        match answer {
            Some(answer) => {
                if let Some(entry) = self.0.get_mut(key) {
                    entry.answer = Some(answer);
                }
            }
            None => {
                self.0.remove(key);
            }
        }
    }
}

fn other_request(key: &str, used: &Entry, request: &Fingerprint) -> StripeError {
    let message = if used.request.path == request.path {
        format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
        )
    } else {
        format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{}' vs '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
            request.path, used.request.path
        )
    };
    StripeError::idempotency(400, message)
}
