//! What reached `/v1`, for tests that must know which key each request carried.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// The oldest records are dropped beyond this many.
const MAX_RECORDS: usize = 20_000;

/// One request to the API.
#[derive(Serialize, Clone)]
pub(crate) struct RequestRecord {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The key as it was sent; sandbox keys are no secrets.
    pub(crate) authorization: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) livemode: Option<bool>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) stripe_version: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// Query and body, decoded; card numbers and security codes are left out.
    pub(crate) params: Value,
    /// The answer's status; null while the request runs and where the connection was cut.
    pub(crate) status: Option<u16>,
    /// Whether the answer was a replay for a used idempotency key.
    pub(crate) replayed: bool,
    /// The injected faults that the request met: `{id, n, kind, waited_ms?}`.
    pub(crate) faults: Vec<Value>,
}

/// The requests, oldest first.
#[derive(Default)]
pub(crate) struct RequestLog(VecDeque<RequestRecord>);

impl RequestLog {
    pub(crate) fn add(&mut self, mut record: RequestRecord) {
        redact_card(&mut record.params);
        if self.0.len() >= MAX_RECORDS {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    /// Changes the record of a request that is still in the log.
    pub(crate) fn amend(&mut self, id: &str, change: impl FnOnce(&mut RequestRecord)) {
        if let Some(record) = self.0.iter_mut().rev().find(|record| record.id == id) {
            change(record);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RequestRecord> {
        self.0.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Card numbers go nowhere, not even test numbers into a log of tests.
fn redact_card(params: &mut Value) {
    let Value::Object(fields) = params else {
        return;
    };
    for (name, value) in fields {
        if name == "card"
            && let Value::Object(card) = value
        {
            for hidden in ["number", "cvc"] {
                if let Some(field) = card.get_mut(hidden) {
                    *field = Value::from("[redacted]");
                }
            }
        } else {
            redact_card(value);
        }
    }
}
