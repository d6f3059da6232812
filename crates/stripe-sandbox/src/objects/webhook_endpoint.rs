//! Source: Stripe API reference, "The Webhook Endpoint object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Where an account's events are delivered.
#[derive(Serialize, Deserialize)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) url: String,
    /// `whsec_…`; the whole string is the HMAC key. Rendered once, in the answer to the creation.
    pub(crate) secret: String,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) disabled: bool,
    pub(crate) api_version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) livemode: bool,
}

impl WebhookEndpoint {
    /// Whether an event of this type is delivered here.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        !self.disabled
            && self
                .enabled_events
                .iter()
                .any(|wanted| wanted == "*" || wanted == kind)
    }

    pub(crate) fn render(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        })
    }
}
