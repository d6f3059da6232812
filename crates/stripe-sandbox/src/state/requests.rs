//! What reached `/v1`, for tests that must know which key each request carried.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// The oldest records are dropped beyond this many.
const MAX_RECORDS: usize = 20_000;

/// Larger parameters are not kept, and neither are older requests once all together are larger: parsed,
/// they take many times this.
const MAX_PARAM_BYTES: usize = 64 * 1024;
const MAX_ALL_PARAM_BYTES: usize = 4 * 1024 * 1024;

/// One request to the API.
#[derive(Serialize, Clone)]
pub(crate) struct RequestRecord {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The key as it was sent; sandbox keys are no secrets. One that no account has is not shown whole.
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
    #[serde(skip)]
    pub(crate) param_bytes: usize,
    /// The injected faults that the request met: `{id, n, kind, waited_ms?}`.
    pub(crate) faults: Vec<Value>,
}

/// The requests, oldest first.
#[derive(Default)]
pub(crate) struct RequestLog {
    records: VecDeque<RequestRecord>,
    param_bytes: usize,
}

impl RequestLog {
    /// Logs a request whose parameters had this many bytes.
    pub(crate) fn add(&mut self, mut record: RequestRecord, param_bytes: usize) {
        record.param_bytes = param_bytes;
        if param_bytes > MAX_PARAM_BYTES {
            record.params = Value::from(format!("{param_bytes} bytes"));
            record.param_bytes = 0;
        }
        redact_card(&mut record.params);
        self.param_bytes += record.param_bytes;
        self.records.push_back(record);
        while self.records.len() > MAX_RECORDS || self.param_bytes > MAX_ALL_PARAM_BYTES {
            let Some(oldest) = self.records.pop_front() else {
                break;
            };
            self.param_bytes -= oldest.param_bytes;
        }
    }

    /// Changes the record of a request that is still in the log.
    pub(crate) fn amend(&mut self, id: &str, change: impl FnOnce(&mut RequestRecord)) {
        if let Some(record) = self.records.iter_mut().rev().find(|record| record.id == id) {
            change(record);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RequestRecord> {
        self.records.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.param_bytes = 0;
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
