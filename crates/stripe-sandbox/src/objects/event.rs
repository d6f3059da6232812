//! Source: Stripe API reference, "The Event object".

use serde_json::{Value, json};

use crate::config::API_VERSION;
use crate::ids;
use crate::v1::Origin;

/// Something that happened, with the object as it was at that moment.
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) created: i64,
    livemode: bool,
    object: Value,
    request: Value,
}

impl Event {
    pub(crate) fn new(kind: &'static str, object: Value, livemode: bool, origin: &Origin) -> Self {
        let request = json!({ "id": origin.request_id, "idempotency_key": origin.idempotency_key });
        Self {
            id: ids::object("evt"),
            kind,
            created: origin.now,
            livemode,
            object,
            request,
        }
    }

    pub(crate) fn render(&self, pending_webhooks: usize) -> Value {
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": { "object": self.object },
            "livemode": self.livemode,
            "pending_webhooks": pending_webhooks,
            "request": self.request,
            "type": self.kind,
        })
    }
}
