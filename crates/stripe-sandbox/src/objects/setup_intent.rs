//! Source: Stripe API reference, "The SetupIntent object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids;

/// An agreement to charge a card later.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    pub(crate) status: SetupStatus,
    pub(crate) usage: String,
    pub(crate) customer: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) automatic_payment_methods: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) cancellation_reason: Option<String>,
    /// `payment_method_options[card]` as it was given.
    pub(crate) card_options: Map<String, Value>,
    pub(crate) last_setup_error: Value,
    pub(crate) latest_attempt: Option<String>,
    pub(crate) next_action: Value,
    pub(crate) metadata: Map<String, Value>,
    /// Parameters that Stripe gives back as they came; see [`SETUP_ECHOED`].
    pub(crate) echoed: Map<String, Value>,
}

/// Parameters that a SetupIntent gives back as they came.
pub(crate) const SETUP_ECHOED: &[&str] = &[
    "allowed_payment_method_types",
    "description",
    "excluded_payment_method_types",
    "flow_directions",
];

/// Where a set-up stands. Source: Stripe docs, "How `SetupIntents` work".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SetupStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Succeeded,
    Canceled,
}

impl SetupStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it can still succeed.
    pub(crate) const fn is_open(self) -> bool {
        !matches!(self, Self::Succeeded | Self::Canceled)
    }
}

impl SetupIntent {
    /// A set-up that nobody has confirmed yet, by card, for payments without the shopper.
    pub(crate) fn new(livemode: bool, now: i64) -> Self {
        let id = ids::object("seti");
        Self {
            client_secret: ids::client_secret(&id),
            id,
            livemode,
            created: now,
            status: SetupStatus::RequiresPaymentMethod,
            usage: "off_session".to_owned(),
            customer: None,
            payment_method: None,
            automatic_payment_methods: None,
            payment_method_types: vec!["card".to_owned()],
            cancellation_reason: None,
            card_options: Map::new(),
            last_setup_error: Value::Null,
            latest_attempt: None,
            next_action: Value::Null,
            metadata: Map::new(),
            echoed: Map::new(),
        }
    }

    pub(crate) fn render(&self) -> Value {
        let automatic = self
            .automatic_payment_methods
            .as_ref()
            .map(|allow_redirects| json!({ "allow_redirects": allow_redirects, "enabled": true }));
        let echoed = |name: &str| self.echoed.get(name).cloned().unwrap_or(Value::Null);
        let mut card = json!({
            "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        });
        for (name, value) in &self.card_options {
            if !matches!(name.as_str(), "moto" | "three_d_secure") {
                card[name] = value.clone();
            }
        }
        json!({
            "id": self.id,
            "object": "setup_intent",
            "allowed_payment_method_types": echoed("allowed_payment_method_types"),
            "application": null,
            "attach_to_self": false,
            "automatic_payment_methods": automatic,
            "cancellation_reason": self.cancellation_reason,
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "description": echoed("description"),
            "excluded_payment_method_types": echoed("excluded_payment_method_types"),
            "flow_directions": echoed("flow_directions"),
            "last_setup_error": self.last_setup_error,
            "latest_attempt": self.latest_attempt,
            "livemode": self.livemode,
            "mandate": null,
            "metadata": self.metadata,
            "next_action": self.next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": card },
            "payment_method_types": self.payment_method_types,
            "single_use_mandate": null,
            "status": self.status.as_str(),
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
