//! Source: Stripe API reference, "The PaymentIntent object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids;
use crate::v1::Caller;

/// A payment from its first request to its end.
#[derive(Clone, Serialize, Deserialize)]
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
    pub(crate) customer: Option<String>,
    /// Only the secret key confirms, and after a challenge it confirms again.
    pub(crate) confirmation_is_manual: bool,
    /// A challenge was passed, and the charge waits for the second confirmation.
    pub(crate) challenge_passed: bool,
    /// `payment_method_options[card]` as it was given.
    pub(crate) card_options: Map<String, Value>,
    pub(crate) payment_method: Option<String>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_payment_error: Value,
    pub(crate) next_action: Value,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    /// Parameters that Stripe stores and gives back unchanged; see [`ECHOED`].
    pub(crate) echoed: Map<String, Value>,
    /// Who has set `shipping` last: a browser may only set again what no secret key has set.
    #[serde(default)]
    pub(crate) shipping_set_by: Option<Caller>,
    /// What a test has put over the rendered object.
    pub(crate) tampered: Map<String, Value>,
}

/// Parameters that a PaymentIntent gives back as they came.
pub(crate) const ECHOED: &[&str] = &[
    "allowed_payment_method_types",
    "amount_details",
    "description",
    "excluded_payment_method_types",
    "payment_details",
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
    /// The money is on its way and comes later, if it comes.
    Processing,
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
            Self::Processing => "processing",
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
    /// A payment that nobody has confirmed yet, by card.
    pub(crate) fn new(amount: i64, currency: &str, livemode: bool, now: i64) -> Self {
        let id = ids::object("pi");
        Self {
            client_secret: ids::client_secret(&id),
            id,
            livemode,
            created: now,
            status: Status::RequiresPaymentMethod,
            amount,
            amount_received: 0,
            amount_capturable: 0,
            currency: currency.to_owned(),
            capture_method: CaptureMethod::AutomaticAsync,
            automatic_payment_methods: None,
            payment_method_types: vec!["card".to_owned()],
            customer: None,
            confirmation_is_manual: false,
            challenge_passed: false,
            card_options: Map::new(),
            payment_method: None,
            latest_charge: None,
            last_payment_error: Value::Null,
            next_action: Value::Null,
            canceled_at: None,
            cancellation_reason: None,
            metadata: Map::new(),
            echoed: Map::new(),
            shipping_set_by: None,
            tampered: Map::new(),
        }
    }

    /// One of the card's options that is a text.
    pub(crate) fn card_option(&self, name: &str) -> Option<&str> {
        self.card_options.get(name).and_then(Value::as_str)
    }

    /// Whether the card is saved for later payments, and for which.
    pub(crate) fn setup_future_usage(&self) -> Option<&str> {
        match self.card_option("setup_future_usage") {
            Some("none") => None,
            Some(usage) => Some(usage),
            None => self.echoed.get("setup_future_usage")?.as_str(),
        }
    }

    /// Whether the money is only held at first; the card's own option goes before the payment's.
    pub(crate) fn is_captured_later(&self) -> bool {
        self.capture_method == CaptureMethod::Manual
            || self.card_option("capture_method") == Some("manual")
    }

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
            "allowed_payment_method_types": echoed("allowed_payment_method_types"),
            "amount_details": self.amount_details(),
            "amount_received": self.amount_received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": automatic,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method.as_str(),
            "client_secret": self.client_secret,
            "confirmation_method": if self.confirmation_is_manual { "manual" } else { "automatic" },
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": echoed("description"),
            "excluded_payment_method_types": echoed("excluded_payment_method_types"),
            "last_payment_error": self.last_payment_error,
            "latest_charge": self.latest_charge,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "next_action": self.next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": card_options(&self.card_options) },
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
            if let Some(details) = self.echoed.get("payment_details") {
                fields.insert("payment_details".to_owned(), details.clone());
            }
            fields.extend(self.tampered.clone());
        }
        object
    }

    /// Stripe tells the amounts; the line items only where they are asked for.
    fn amount_details(&self) -> Value {
        let mut details = json!({ "tip": {} });
        if let Some(Value::Object(given)) = self.echoed.get("amount_details") {
            for name in ["discount_amount", "shipping", "tax"] {
                if let Some(value) = given.get(name).filter(|value| !value.is_null()) {
                    details[name] = value.clone();
                }
            }
        }
        details
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

/// The options as Stripe answers them: what was given, between what always stands there.
fn card_options(given: &Map<String, Value>) -> Value {
    /// Parameters that act on one request and are not stored.
    const NOT_STORED: &[&str] = &["cvc_token", "moto", "three_d_secure"];
    let mut options = json!({
        "installments": null, "mandate_options": null, "network": null,
        "request_three_d_secure": "automatic",
    });
    for (name, value) in given {
        if !NOT_STORED.contains(&name.as_str()) {
            options[name] = value.clone();
        }
    }
    options
}
