//! Source: Stripe API reference, "The Charge object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cards::{Decline, Risk};

/// An uncaptured card payment is held for seven days. Source: Stripe docs, "Place a hold on a payment method".
pub(crate) const HOLD_SECONDS: i64 = 7 * 24 * 60 * 60;

/// One attempt to take money.
#[derive(Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) payment_intent: String,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) amount_captured: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) currency: String,
    pub(crate) captured: bool,
    pub(crate) result: ChargeResult,
    pub(crate) three_d_secure: Option<ThreeDSecure>,
    pub(crate) risk: Risk,
    pub(crate) customer: Option<String>,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) disputed: bool,
    /// What the merchant has reported: `safe` or `fraudulent`.
    pub(crate) user_report: Option<String>,
    pub(crate) receipt_url: String,
    /// The `PaymentMethod` as it was charged.
    pub(crate) payment_method: Value,
    pub(crate) metadata: Map<String, Value>,
    /// `description`, `receipt_email`, `shipping`, … of the PaymentIntent.
    pub(crate) echoed: Map<String, Value>,
}

/// How 3-D Secure went, where it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum ThreeDSecure {
    /// A challenge was passed.
    Authenticated,
    /// The card is not enrolled: the attempt counts.
    Attempted,
    NotSupported,
    Error,
}

impl ThreeDSecure {
    pub(crate) fn render(self) -> Value {
        let (flow, result, reason, version, indicator) = match self {
            Self::Authenticated => (
                Some("challenge"),
                "authenticated",
                None,
                Some("2.2.0"),
                Some("05"),
            ),
            Self::Attempted => (
                Some("frictionless"),
                "attempt_acknowledged",
                None,
                Some("2.2.0"),
                Some("06"),
            ),
            Self::NotSupported => (None, "not_supported", Some("card_not_enrolled"), None, None),
            Self::Error => (
                None,
                "processing_error",
                Some("network_unavailable"),
                None,
                None,
            ),
        };
        json!({
            "authentication_flow": flow,
            "electronic_commerce_indicator": indicator,
            "exemption_indicator": null,
            "result": result,
            "result_reason": reason,
            "transaction_id": null,
            "version": version,
        })
    }
}

/// What the issuer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChargeResult {
    Approved,
    Declined(Decline),
    /// By Radar, before the issuer was asked.
    Blocked(Decline),
}

impl ChargeResult {
    pub(crate) fn decline(self) -> Option<Decline> {
        match self {
            Self::Approved => None,
            Self::Declined(decline) | Self::Blocked(decline) => Some(decline),
        }
    }
}

impl Charge {
    pub(crate) fn render(&self) -> Value {
        let decline = self.result.decline();
        let approved = decline.is_none();
        let echoed = |name: &str| self.echoed.get(name).cloned().unwrap_or(Value::Null);
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": self.balance_transaction,
            "billing_details": self.payment_method["billing_details"],
            "calculated_statement_descriptor": "SANDBOX",
            "captured": self.captured,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": echoed("description"),
            "disputed": self.disputed,
            "failure_balance_transaction": null,
            "failure_code": decline.map(|decline| decline.code),
            "failure_message": decline.map(Decline::message),
            "fraud_details": self.fraud_details(),
            "livemode": self.livemode,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": self.outcome(),
            "paid": approved,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method["id"],
            "payment_method_details": { "card": self.card_details(), "type": "card" },
            "receipt_email": echoed("receipt_email"),
            "receipt_number": null,
            "receipt_url": approved.then_some(&self.receipt_url),
            "refunded": approved && self.amount_refunded == self.amount,
            "review": null,
            "shipping": echoed("shipping"),
            "source": null,
            "source_transfer": null,
            "statement_descriptor": echoed("statement_descriptor"),
            "statement_descriptor_suffix": echoed("statement_descriptor_suffix"),
            "status": if approved { "succeeded" } else { "failed" },
            "transfer_data": null,
            "transfer_group": echoed("transfer_group"),
        })
    }

    /// What was not given back yet.
    pub(crate) fn refundable(&self) -> i64 {
        self.amount - self.amount_refunded
    }

    fn fraud_details(&self) -> Value {
        match &self.user_report {
            Some(report) => json!({ "user_report": report }),
            None => json!({}),
        }
    }

    fn outcome(&self) -> Value {
        let (network_status, kind, seller_message) = match self.result {
            ChargeResult::Approved => ("approved_by_network", "authorized", "Payment complete."),
            ChargeResult::Declined(_) => (
                "declined_by_network",
                "issuer_declined",
                "The bank did not return any further details with this decline.",
            ),
            ChargeResult::Blocked(_) => (
                "not_sent_to_network",
                "blocked",
                "Stripe blocked this payment as too risky.",
            ),
        };
        let (risk_level, risk_score) = match self.risk {
            Risk::Normal => ("normal", 12),
            Risk::Elevated => ("elevated", 68),
            Risk::Highest => ("highest", 92),
        };
        let reason = match self.result {
            ChargeResult::Approved if self.risk == Risk::Elevated => Some("elevated_risk_level"),
            ChargeResult::Approved => None,
            ChargeResult::Declined(decline) => Some(decline.decline_code),
            ChargeResult::Blocked(_) => Some("highest_risk_level"),
        };
        json!({
            "advice_code": self.result.decline().and_then(Decline::advice),
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": network_status,
            "reason": reason,
            "risk_level": risk_level,
            "risk_score": risk_score,
            "seller_message": seller_message,
            "type": kind,
        })
    }

    fn card_details(&self) -> Value {
        let card = &self.payment_method["card"];
        let mut details = json!({
            "amount_authorized": self.amount,
            "brand": card["brand"],
            "checks": card["checks"],
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "extended_authorization": { "status": "disabled" },
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "incremental_authorization": { "status": "unavailable" },
            "installments": null,
            "last4": card["last4"],
            "mandate": null,
            "multicapture": { "status": "unavailable" },
            "network": card["brand"],
            "network_token": { "used": false },
            "overcapture": { "maximum_amount_capturable": self.amount, "status": "unavailable" },
            "regulated_status": "unregulated",
            "three_d_secure": self.three_d_secure.map(ThreeDSecure::render),
            "wallet": null,
        });
        if !self.captured && self.result == ChargeResult::Approved {
            details["capture_before"] = Value::from(self.created + HOLD_SECONDS);
        }
        details
    }
}
