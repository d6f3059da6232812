//! Idempotency keys. Source: Stripe docs, "Idempotent requests".

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::faults;
use crate::spec::compact;
use crate::v1::wire::Answered;
use crate::v1::{Caller, StripeError};

/// Stripe forgets keys after at least 24 hours; the sandbox after exactly that.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// Stripe docs: "up to 255 characters".
const MAX_KEY_CHARS: usize = 255;
/// How often expired keys are thrown away; they are not honoured before that either.
const CLEAN_EVERY_SECONDS: i64 = 60;

/// The keys that one account has used in one mode.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct IdempotencyKeys {
    used: HashMap<String, Entry>,
    cleaned: i64,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    request: Fingerprint,
    created: i64,
    answer: Option<KeptAnswer>,
}

impl Entry {
    /// A request that is still running holds its key however long it takes.
    fn expired(&self, now: i64) -> bool {
        self.answer.is_some() && now - self.created >= KEPT_SECONDS
    }
}

/// What makes two requests the same.
#[derive(PartialEq, Clone, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    caller: Caller,
    path: Box<str>,
    /// SHA-256: the parameters themselves would take many times the memory.
    params: [u8; 32],
}

impl Fingerprint {
    /// Of parameters as they came, in any order.
    pub(crate) fn new(caller: Caller, path: &str, params: &Map<String, Value>) -> Self {
        let mut sorted = Value::Object(params.clone());
        sorted.sort_all_objects();
        Self {
            caller,
            path: path.into(),
            params: Sha256::digest(sorted.to_string()).into(),
        }
    }
}

/// The first answer, as it is replayed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    /// As JSON text, without what goes without saying: a parsed object takes several times the memory,
    /// and keys are kept for a day.
    pub(crate) body: Box<str>,
    pub(crate) should_retry: Option<bool>,
    /// The request that was answered first, for `Original-Request`.
    pub(crate) request_id: String,
}

impl KeptAnswer {
    pub(crate) fn new(answered: &Answered, caller: Caller, request_id: &str) -> Self {
        let mut body = answered.body.clone();
        if caller == Caller::Secret {
            compact(&mut body);
        }
        Self {
            status: answered.status,
            body: body.to_string().into_boxed_str(),
            should_retry: answered.should_retry,
            request_id: request_id.to_owned(),
        }
    }
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
        if now - self.cleaned >= CLEAN_EVERY_SECONDS {
            self.used.retain(|_, entry| !entry.expired(now));
            self.cleaned = now;
        }
        match self.used.get(key).filter(|entry| !entry.expired(now)) {
            None => {
                let entry = Entry {
                    request: request.clone(),
                    created: now,
                    answer: None,
                };
                self.used.insert(key.to_owned(), entry);
                Ok(Begun::First)
            }
            Some(entry) if entry.request != *request => Err(other_request(key, entry, request)),
            Some(Entry {
                answer: Some(answer),
                ..
            }) => Ok(Begun::Replay(answer.clone())),
            Some(_) => Err(faults::key_in_use(Some(key))),
        }
    }

    /// Requests that were under way when the sandbox stopped are no longer.
    pub(crate) fn forget_running(&mut self) {
        self.used.retain(|_, entry| entry.answer.is_some());
    }

    /// Keeps the answer, or frees the key if the request never began to execute.
    pub(crate) fn finish(&mut self, key: &str, answer: Option<KeptAnswer>) {
        match answer {
            Some(answer) => {
                if let Some(entry) = self.used.get_mut(key) {
                    entry.answer = Some(answer);
                }
            }
            None => {
                self.used.remove(key);
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
