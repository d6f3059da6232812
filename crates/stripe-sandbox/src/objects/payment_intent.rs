//! Source: Stripe API reference, "The PaymentIntent object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A payment from its first request to its end.
#[derive(Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    pub(crate) status: Status,
    pub(crate) amount: i64,
    pub(crate) amount_received: i64,
    pub(crate) amount_capturable: i64,
    pub(crate) currency: String,
    pub(crate) capture_method: CaptureMethod,
    /// `allow_redirects` where automatic payment methods are on.
    pub(crate) automatic_payment_methods: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_payment_error: Value,
    pub(crate) next_action: Value,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    /// Parameters that Stripe stores and gives back unchanged; see [`ECHOED`].
    pub(crate) echoed: Map<String, Value>,
    /// What a test has put over the rendered object.
    pub(crate) tampered: Map<String, Value>,
}

/// Parameters that a PaymentIntent gives back as they came.
pub(crate) const ECHOED: &[&str] = &[
    "description",
    "on_behalf_of",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];

/// Where a payment stands. Source: Stripe docs, "How PaymentIntents work".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CaptureMethod {
    Automatic,
    AutomaticAsync,
    Manual,
}

impl CaptureMethod {
    /// Stripe's default since 2024-04-10 is `automatic_async`.
    pub(crate) fn from_param(name: Option<&str>) -> Self {
        match name {
            Some("manual") => Self::Manual,
            Some("automatic") => Self::Automatic,
            _ => Self::AutomaticAsync,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::AutomaticAsync => "automatic_async",
            Self::Manual => "manual",
        }
    }
}

impl PaymentIntent {
    /// The object as the account's secret key sees it.
    pub(crate) fn render(&self) -> Value {
        let automatic = self
            .automatic_payment_methods
            .as_ref()
            .map(|allow_redirects| json!({ "allow_redirects": allow_redirects, "enabled": true }));
        let echoed = |name: &str| self.echoed.get(name).cloned().unwrap_or(Value::Null);
        let mut object = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": { "tip": {} },
            "amount_received": self.amount_received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": automatic,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method.as_str(),
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "description": echoed("description"),
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_payment_error,
            "latest_charge": self.latest_charge,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "next_action": self.next_action,
            "on_behalf_of": echoed("on_behalf_of"),
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": {
                "installments": null, "mandate_options": null, "network": null,
                "request_three_d_secure": "automatic",
            } },
            "payment_method_types": self.payment_method_types,
            "processing": null,
            "receipt_email": echoed("receipt_email"),
            "review": null,
            "setup_future_usage": echoed("setup_future_usage"),
            "shipping": echoed("shipping"),
            "source": null,
            "statement_descriptor": echoed("statement_descriptor"),
            "statement_descriptor_suffix": echoed("statement_descriptor_suffix"),
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": echoed("transfer_group"),
        });
        if let Value::Object(fields) = &mut object {
            fields.extend(self.tampered.clone());
        }
        object
    }

    /// The object as Stripe.js sees it: nothing that is the merchant's business only.
    pub(crate) fn render_public(&self) -> Value {
        const PUBLIC: &[&str] = &[
            "id",
            "object",
            "amount",
            "amount_details",
            "automatic_payment_methods",
            "canceled_at",
            "cancellation_reason",
            "capture_method",
            "client_secret",
            "confirmation_method",
            "created",
            "currency",
            "description",
            "last_payment_error",
            "livemode",
            "next_action",
            "payment_method",
            "payment_method_types",
            "processing",
            "receipt_email",
            "setup_future_usage",
            "shipping",
            "source",
            "status",
        ];
        let Value::Object(mut fields) = self.render() else {
            return Value::Null;
        };
        fields.retain(|name, _| PUBLIC.contains(&name.as_str()));
        Value::Object(fields)
    }
}
