//! Source: Stripe API reference, "The `PaymentMethod` object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cards::TestCard;
use crate::ids;

/// A card that was given by a shopper, or a ready-made one. The number itself is not kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    #[serde(with = "crate::cards::by_number")]
    pub(crate) card: &'static TestCard,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) cvc_given: bool,
    pub(crate) billing_details: Value,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) livemode: bool,
}

impl PaymentMethod {
    /// A fresh `PaymentMethod` of a ready-made card (`pm_card_visa`): Stripe makes one on each use.
    pub(crate) fn ready_made(card: &'static TestCard, now: i64, livemode: bool) -> Self {
        /// Ready-made cards expire late enough for every test that moves the clock.
        const EXPIRES: (i64, i64) = (12, 2040);
        Self {
            id: ids::object("pm"),
            card,
            exp_month: EXPIRES.0,
            exp_year: EXPIRES.1,
            cvc_given: true,
            billing_details: Self::billing_details(None),
            metadata: Map::new(),
            created: now,
            livemode,
        }
    }

    /// The billing details that were given, with null for what was not.
    pub(crate) fn billing_details(given: Option<&Map<String, Value>>) -> Value {
        let mut details = json!({
            "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null,
            },
            "email": null, "name": null, "phone": null, "tax_id": null,
        });
        for (name, value) in given.into_iter().flatten() {
            match (name.as_str(), value) {
                ("address", Value::Object(address)) => {
                    for (part, value) in address {
                        details["address"][part] = value.clone();
                    }
                }
                _ => details[name] = value.clone(),
            }
        }
        details
    }

    pub(crate) fn render(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing_details,
            "card": {
                "brand": self.card.brand,
                "checks": {
                    "address_line1_check": null,
                    "address_postal_code_check": null,
                    "cvc_check": self.cvc_given.then_some("pass"),
                },
                "country": "US",
                "display_brand": self.card.brand,
                "exp_month": self.exp_month,
                "exp_year": self.exp_year,
                "fingerprint": format!("sandboxfp{}", self.card.last4()),
                "funding": self.card.funding,
                "generated_from": null,
                "last4": self.card.last4(),
                "networks": { "available": [self.card.brand], "preferred": null },
                "regulated_status": "unregulated",
                "three_d_secure_usage": { "supported": true },
                "wallet": null,
            },
            "created": self.created,
            "customer": null,
            "customer_account": null,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "type": "card",
        })
    }
}
