//! Source: Stripe API reference, "The SetupIntent object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An agreement to charge later. The sandbox makes and cancels them; it does not confirm them.
#[derive(Serialize, Deserialize)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    #[serde(deserialize_with = "crate::state::word")]
    pub(crate) status: crate::state::Word,
    pub(crate) usage: String,
    pub(crate) description: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) automatic_payment_methods: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) metadata: Map<String, Value>,
}

impl SetupIntent {
    pub(crate) fn render(&self) -> Value {
        let automatic = self
            .automatic_payment_methods
            .as_ref()
            .map(|allow_redirects| json!({ "allow_redirects": allow_redirects, "enabled": true }));
        json!({
            "id": self.id,
            "object": "setup_intent",
            "application": null,
            "attach_to_self": false,
            "automatic_payment_methods": automatic,
            "cancellation_reason": self.cancellation_reason,
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": null,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "flow_directions": null,
            "last_setup_error": null,
            "latest_attempt": null,
            "livemode": self.livemode,
            "mandate": null,
            "metadata": self.metadata,
            "next_action": null,
            "on_behalf_of": self.on_behalf_of,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": {
                "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
            } },
            "payment_method_types": self.payment_method_types,
            "single_use_mandate": null,
            "status": self.status,
            "usage": self.usage,
        })
    }

    /// The object as Stripe.js sees it.
    pub(crate) fn render_public(&self) -> Value {
        const PUBLIC: &[&str] = &[
            "id",
            "object",
            "automatic_payment_methods",
            "cancellation_reason",
            "client_secret",
            "created",
            "description",
            "last_setup_error",
            "livemode",
            "next_action",
            "payment_method",
            "payment_method_types",
            "status",
            "usage",
        ];
        let Value::Object(mut fields) = self.render() else {
            return Value::Null;
        };
        fields.retain(|name, _| PUBLIC.contains(&name.as_str()));
        Value::Object(fields)
    }
}
