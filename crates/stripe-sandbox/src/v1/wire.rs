//! A request as it came in, and an answer as it goes out: Stripe's headers, and what a fault makes
//! of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::API_VERSION;
use crate::faults::{self, FaultKind, Meeting};

/// A request as it came in.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) stripe_version: Option<String>,
    pub(crate) stripe_account: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// The answer, and whether it reaches the caller.
pub(crate) struct Outgoing {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: OutgoingBody,
    /// What a fault has put on the answer.
    pub(crate) fault_headers: BTreeMap<String, String>,
    pub(crate) ending: Ending,
}

pub(crate) enum OutgoingBody {
    Json(Value),
    /// What a broken proxy would send.
    Raw {
        content_type: String,
        text: String,
    },
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Sent,
    /// The connection is cut instead.
    Cut,
    /// Nothing comes until the caller gives up.
    Withheld,
}

/// What a request has come to.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) should_retry: Option<bool>,
    /// The request that was answered first, if this is a replay.
    pub(crate) replay_of: Option<String>,
}

impl Outgoing {
    /// The answer with Stripe's headers.
    pub(crate) fn new(request_id: &str, incoming: &Incoming, answered: Answered) -> Self {
        let version = incoming
            .stripe_version
            .clone()
            .unwrap_or_else(|| API_VERSION.to_owned());
        let mut headers = vec![
            ("Request-Id", request_id.to_owned()),
            ("Stripe-Version", version),
        ];
        if let Some(key) = &incoming.idempotency_key {
            headers.push(("Idempotency-Key", key.clone()));
        }
        if let Some(original) = answered.replay_of {
            headers.push(("Idempotent-Replayed", "true".to_owned()));
            headers.push(("Original-Request", original));
        } else if incoming.idempotency_key.is_some()
            && incoming.method == "POST"
            && !matches!(answered.status, 401 | 403 | 409 | 429)
        {
            // The first request with a key names itself.
            headers.push(("Original-Request", request_id.to_owned()));
        }
        if let Some(should_retry) = answered.should_retry {
            headers.push(("Stripe-Should-Retry", should_retry.to_string()));
        }
        if answered.status == 401 {
            headers.push(("WWW-Authenticate", "Bearer realm=\"Stripe\"".to_owned()));
        }
        if answered.body["error"]["code"] == "rate_limit" {
            // Source: Stripe docs, "Rate limits": the header names the limiter.
            headers.push(("Stripe-Rate-Limited-Reason", "global-rate".to_owned()));
        }
        let body = OutgoingBody::Json(answered.body);
        Self {
            status: answered.status,
            headers,
            body,
            fault_headers: BTreeMap::new(),
            ending: Ending::Sent,
        }
    }

    /// Lets a fault change what the caller gets to see.
    pub(crate) fn after(mut self, meeting: Meeting) -> Self {
        self.fault_headers = meeting.headers;
        match meeting.kind {
            Some(FaultKind::Reset | FaultKind::AfterEffectReset) => self.ending = Ending::Cut,
            Some(FaultKind::BeforeEffectTimeout | FaultKind::AfterEffectTimeout) => {
                self.ending = Ending::Withheld;
            }
            Some(FaultKind::AfterEffect500) => {
                self.status = 500;
                self.body = OutgoingBody::Json(faults::server_error().body("req_unknown", false));
            }
            Some(FaultKind::Html502) => self = self.raw(502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"),
            Some(FaultKind::Unavailable) => self = self.raw(503, "text/plain", ""),
            Some(FaultKind::GatewayTimeout) => self = self.raw(504, "text/html", "upstream request timeout"),
            Some(FaultKind::Answer { status, content_type, body }) => {
                self = self.raw(status, &content_type, &body);
            }
            Some(FaultKind::Truncated) => {
                if let OutgoingBody::Json(body) = &self.body {
                    let whole = body.to_string();
                    let text: String = whole.chars().take(whole.chars().count() / 2).collect();
                    let status = self.status;
                    self = self.raw(status, "application/json", &text);
                }
            }
            _ => {}
        }
        self
    }

    fn raw(mut self, status: u16, content_type: &str, text: &str) -> Self {
        self.status = status;
        self.body = OutgoingBody::Raw {
            content_type: content_type.to_owned(),
            text: text.to_owned(),
        };
        self
    }
}
