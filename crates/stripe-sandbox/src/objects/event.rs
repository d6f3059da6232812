//! Source: Stripe API reference, "The Event object".

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::API_VERSION;
use crate::ids;
use crate::spec::{compact, complete};
use crate::v1::Origin;

/// Something that happened, with the object as it was at that moment.
#[derive(Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    #[serde(deserialize_with = "crate::state::word")]
    pub(crate) kind: crate::state::Word,
    pub(crate) created: i64,
    /// The places of its deliveries in the ledger's log.
    pub(crate) deliveries: Range<usize>,
    livemode: bool,
    /// Without what goes without saying. As JSON text: a parsed object takes several times the memory, and there are many events.
    object: Box<str>,
    previous: Option<Box<str>>,
    request: Value,
}

impl Event {
    /// Of a rendered object.
    pub(crate) fn new(kind: &'static str, object: &Value, livemode: bool, origin: &Origin) -> Self {
        let mut object = object.clone();
        compact(&mut object);
        Self {
            id: ids::object("evt"),
            kind,
            created: origin.told,
            deliveries: 0..0,
            livemode,
            object: object.to_string().into_boxed_str(),
            previous: None,
            request: json!({ "id": origin.request_id, "idempotency_key": origin.idempotency_key }),
        }
    }

    /// Says what the object was like before, where it was changed.
    pub(crate) fn with_previous(mut self, previous: &Value) -> Self {
        self.previous = Some(previous.to_string().into_boxed_str());
        self
    }

    /// Whether the object is, or names, the one with this id.
    pub(crate) fn mentions(&self, id: &str) -> bool {
        self.object.contains(id)
    }

    pub(crate) fn render(&self, pending_webhooks: usize) -> Value {
        let object: Value = serde_json::from_str(&self.object).unwrap_or_default();
        let mut event = json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": { "object": object },
            "livemode": self.livemode,
            "pending_webhooks": pending_webhooks,
            "request": self.request,
            "type": self.kind,
        });
        if let Some(previous) = &self.previous {
            event["data"]["previous_attributes"] =
                serde_json::from_str(previous).unwrap_or_default();
        }
        complete(&mut event);
        event
    }
}
