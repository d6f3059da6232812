//! What Stripe says about a PaymentIntent: unknown fields and enum values are tolerated.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{CustomerId, Metadata, PaymentIntentId, PaymentMethodId};

/// A PaymentIntent (API reference, "The PaymentIntent object"). Amounts are in the currency's
/// smallest unit.
#[derive(Debug, Clone, Deserialize)]
pub struct PaymentIntent {
    /// `pi_…`.
    pub id: PaymentIntentId,
    /// What is to be paid.
    pub amount: i64,
    /// What is reserved and can be captured.
    #[serde(default)]
    pub amount_capturable: i64,
    /// What the merchant has received.
    #[serde(default)]
    pub amount_received: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// Where the payment stands.
    pub status: Status,
    /// Lets the shopper's browser confirm it; never for a log.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Our notes, and those of the merchant's other software.
    #[serde(default)]
    pub metadata: Metadata,
    /// Whose payment it is, `cus_…`.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// What it is paid with.
    #[serde(default)]
    pub payment_method: Option<PaymentMethodId>,
    /// What that is kept for, such as `off_session`.
    #[serde(default)]
    pub setup_future_usage: Option<String>,
    /// The last charge that was tried.
    #[serde(default)]
    pub latest_charge: Option<LatestCharge>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub last_payment_error: Option<PaymentError>,
    /// When the money is taken.
    pub capture_method: CaptureMethod,
    /// Seconds since 1970.
    pub created: i64,
    /// Stripe's `Request-Id` of the call that changed it and gave this answer; none where it was only read.
    #[serde(skip)]
    pub request_id: Option<String>,
}

/// Stripe's `status` of a PaymentIntent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
    /// A status that Stripe added after this version.
    #[serde(untagged)]
    Unknown(String),
}

impl Status {
    /// Stripe's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
            Self::Unknown(word) => word,
        }
    }
}

/// Stripe's `capture_method`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMethod {
    /// At once, as soon as the shopper has paid.
    Automatic,
    /// At once, with Stripe's confirmation following later.
    AutomaticAsync,
    /// Reserved until [`capture`](super::capture).
    Manual,
    /// A method that Stripe added after this version.
    #[serde(untagged)]
    Unknown(String),
}

/// A charge, by id or expanded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LatestCharge {
    /// As Stripe sends it by default.
    Id(String),
    /// When the request asked to expand it.
    Expanded(Charge),
}

impl LatestCharge {
    /// `ch_…` or `py_…`.
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Expanded(charge) => &charge.id,
        }
    }

    /// The charge, where the request asked for it.
    pub fn expanded(&self) -> Option<&Charge> {
        match self {
            Self::Id(_) => None,
            Self::Expanded(charge) => Some(charge),
        }
    }
}

/// A charge (API reference, "The Charge object"). Amounts are in the currency's smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Charge {
    /// `ch_…` or `py_…`.
    pub id: String,
    /// When it was charged or reserved, in seconds since 1970.
    #[serde(default)]
    pub created: Option<i64>,
    /// What was charged or reserved.
    pub amount: i64,
    /// What was taken.
    #[serde(default)]
    pub amount_captured: i64,
    /// What was given back, in total.
    #[serde(default)]
    pub amount_refunded: i64,
    /// Whether the money was taken.
    #[serde(default)]
    pub captured: bool,
    /// Whether the shopper disputes it.
    #[serde(default)]
    pub disputed: bool,
    /// How it was paid.
    #[serde(default)]
    payment_method_details: Option<PaymentMethodDetails>,
}

impl Charge {
    /// What was taken and given back: what a partial capture released counts as refunded at Stripe, though it was never taken.
    pub fn given_back(&self) -> i64 {
        let released = if self.captured {
            self.amount.saturating_sub(self.amount_captured)
        } else {
            self.amount
        };
        self.amount_refunded.saturating_sub(released).max(0)
    }

    /// What it was paid with, as people recognise it.
    pub fn paid_with(&self) -> Option<PaidWith> {
        let details = self.payment_method_details.as_ref()?;
        let card = details.card.as_ref();
        let expires = card.and_then(|card| Some((card.exp_month?, card.exp_year?)));
        Some(PaidWith {
            kind: details.kind.clone()?,
            brand: card.and_then(|card| card.brand.clone()),
            last4: card.and_then(|card| card.last4.clone()),
            expires: expires.map(|(month, year)| format!("{year:04}-{month:02}")),
        })
    }

    /// Until when a reservation can be captured, in seconds since 1970: only cards have an end (Stripe docs, "Place a hold
    /// on a payment method").
    pub fn capture_before(&self) -> Option<i64> {
        self.payment_method_details
            .as_ref()?
            .card
            .as_ref()?
            .capture_before
    }
}

/// A way to pay, as people recognise it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidWith {
    /// Such as `card`.
    pub kind: String,
    /// Such as `visa`.
    pub brand: Option<String>,
    /// Its last four digits.
    pub last4: Option<String>,
    /// Year and month, such as `2034-12`.
    pub expires: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct PaymentMethodDetails {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    card: Option<CardDetails>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct CardDetails {
    #[serde(default)]
    capture_before: Option<i64>,
    #[serde(default)]
    brand: Option<String>,
    #[serde(default)]
    last4: Option<String>,
    #[serde(default)]
    exp_month: Option<u32>,
    #[serde(default)]
    exp_year: Option<u32>,
}

/// Why an attempt to pay failed. Stripe's text is not read: map the codes to our own words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentError {
    /// Stripe's `type`, for example `card_error`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// For example `card_declined`.
    #[serde(default)]
    pub code: Option<String>,
    /// The bank's reason, for example `insufficient_funds`.
    #[serde(default)]
    pub decline_code: Option<String>,
    /// The charge that failed (`ch_…`), for cards.
    #[serde(default)]
    pub charge: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn full() -> Value {
        json!({
            "id": "pi_1", "object": "payment_intent", "amount": 4999, "amount_capturable": 0,
            "amount_received": 4999, "currency": "eur", "status": "succeeded",
            "client_secret": "pi_1_secret_FAKE", "livemode": false, "metadata": {"order_id": "o1"},
            "latest_charge": "ch_1", "last_payment_error": null, "capture_method": "automatic_async",
            "created": 1_760_000_000, "a_field_of_2030": {"x": [1]}
        })
    }

    fn read(change: &Value) -> Result<PaymentIntent, serde_json::Error> {
        let mut value = full();
        for (name, field) in change.as_object().unwrap() {
            value[name] = field.clone();
        }
        serde_json::from_value(value)
    }

    #[test]
    fn unknown_fields_and_enum_values_are_read() {
        let intent =
            read(&json!({"status": "requires_telepathy", "capture_method": "weekly"})).unwrap();
        assert_eq!(
            intent.status,
            Status::Unknown("requires_telepathy".to_owned())
        );
        assert_eq!(
            intent.capture_method,
            CaptureMethod::Unknown("weekly".to_owned())
        );
        assert_eq!(intent.metadata.get("order_id"), Some("o1"));
    }

    #[test]
    fn every_documented_status_is_known() {
        for status in [
            "requires_payment_method",
            "requires_confirmation",
            "requires_action",
            "processing",
            "requires_capture",
            "canceled",
            "succeeded",
        ] {
            let intent = read(&json!({ "status": status })).unwrap();
            assert!(!matches!(intent.status, Status::Unknown(_)), "{status}");
            assert_eq!(intent.status.as_str(), status);
        }
    }

    #[test]
    fn the_charge_is_an_id_or_an_object() {
        assert_eq!(
            read(&json!({})).unwrap().latest_charge.unwrap().id(),
            "ch_1"
        );
        let expanded =
            json!({"latest_charge": {"id": "py_2", "amount": 4999, "captured": true, "more": 1}});
        assert_eq!(read(&expanded).unwrap().latest_charge.unwrap().id(), "py_2");
        assert_eq!(
            read(&json!({"latest_charge": null})).unwrap().latest_charge,
            None
        );
    }

    #[test]
    fn what_a_partial_capture_released_was_not_given_back() {
        for (captured, amount_captured, amount_refunded, given_back) in [
            (false, 0, 0, 0),
            (false, 0, 5000, 0),
            (true, 5000, 0, 0),
            (true, 5000, 1200, 1200),
            (true, 3000, 2000, 0),
            (true, 3000, 2500, 500),
            (true, 3000, 5000, 3000),
        ] {
            let charge: Charge = serde_json::from_value(json!({
                "id": "ch_1", "amount": 5000, "captured": captured,
                "amount_captured": amount_captured, "amount_refunded": amount_refunded,
            }))
            .unwrap();
            assert_eq!(charge.given_back(), given_back, "{charge:?}");
        }
    }

    #[test]
    fn real_shapes_are_read_and_hostile_amounts_refused() {
        let events: Value =
            serde_json::from_str(include_str!("../../tests/vectors/hostile_events.json")).unwrap();
        let object = |name: &str| events[name]["event"]["data"]["object"].clone();
        for name in [
            "extra_unknown_fields_and_new_enum",
            "amount_less_than_order",
            "metadata_missing",
        ] {
            let value = object(name);
            let intent: PaymentIntent = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(
                (intent.id.as_str(), intent.amount),
                (
                    value["id"].as_str().unwrap(),
                    value["amount"].as_i64().unwrap()
                )
            );
        }
        for name in [
            "amount_float",
            "amount_string",
            "amount_i64_overflow",
            "object_wrong_for_type",
        ] {
            assert!(
                serde_json::from_value::<PaymentIntent>(object(name)).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_amount_that_is_no_integer_is_refused() {
        for amount in [
            json!(4999.5),
            json!("4999"),
            json!(9_223_372_036_854_775_808_u64),
            json!(null),
        ] {
            assert!(read(&json!({ "amount": amount })).is_err(), "{amount}");
        }
    }

    #[test]
    fn debug_shows_no_client_secret() {
        let shown = format!("{:?}", read(&json!({})).unwrap());
        assert!(shown.contains("pi_1") && !shown.contains("FAKE"), "{shown}");
    }
}
