//! Source: Stripe API reference, "The `PaymentMethod` object".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cards::TestCard;
use crate::ids;

/// A card that was given by a shopper, or a ready-made one. The number itself is not kept.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// The customer whom it is attached to.
    pub(crate) customer: Option<String>,
    /// Charged without a customer, or detached from one: it may not be used again.
    pub(crate) spent: bool,
    /// A challenge was passed so that it can be charged while the shopper is away.
    pub(crate) set_up: bool,
    pub(crate) allow_redisplay: Option<String>,
    pub(crate) preferred_network: Option<String>,
}

impl PaymentMethod {
    /// A card of nobody yet, with an expiry date of (month, year).
    pub(crate) fn new(
        card: &'static TestCard,
        (exp_month, exp_year): (i64, i64),
        now: i64,
        livemode: bool,
    ) -> Self {
        Self {
            id: ids::object("pm"),
            card,
            exp_month,
            exp_year,
            cvc_given: true,
            billing_details: Self::billing_details(None),
            metadata: Map::new(),
            created: now,
            livemode,
            customer: None,
            spent: false,
            set_up: false,
            allow_redisplay: None,
            preferred_network: None,
        }
    }

    /// A fresh `PaymentMethod` of a ready-made card (`pm_card_visa`): Stripe makes one on each use.
    pub(crate) fn ready_made(card: &'static TestCard, now: i64, livemode: bool) -> Self {
        /// Ready-made cards expire late enough for every test that moves the clock.
        const EXPIRES: (i64, i64) = (12, 2040);
        Self::new(card, EXPIRES, now, livemode)
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
        merge_details(&mut details, given);
        details
    }

    /// Takes over the billing details that an update gives; what it leaves out stays.
    pub(crate) fn change_details(&mut self, given: Option<&Map<String, Value>>) {
        merge_details(&mut self.billing_details, given);
    }

    pub(crate) fn render(&self) -> Value {
        let address = &self.billing_details["address"];
        let networks = match &self.preferred_network {
            Some(preferred) => json!({ "available": [self.card.brand], "preferred": preferred }),
            None => json!({ "available": [self.card.brand], "preferred": null }),
        };
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": self.allow_redisplay.as_deref().unwrap_or("unspecified"),
            "billing_details": self.billing_details,
            "card": {
                "brand": self.card.brand,
                "checks": {
                    "address_line1_check": address["line1"].is_string().then(|| self.card.line1_check()),
                    "address_postal_code_check":
                        address["postal_code"].is_string().then(|| self.card.postal_code_check()),
                    "cvc_check": self.cvc_given.then(|| self.card.cvc_check()),
                },
                "country": "US",
                "display_brand": self.card.brand,
                "exp_month": self.exp_month,
                "exp_year": self.exp_year,
                "fingerprint": format!("sandboxfp{}", self.card.last4()),
                "funding": self.card.funding,
                "generated_from": null,
                "last4": self.card.last4(),
                "networks": networks,
                "regulated_status": "unregulated",
                "three_d_secure_usage": { "supported": self.card.brand != "amex" },
                "wallet": null,
            },
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "type": "card",
        })
    }
}

fn merge_details(details: &mut Value, given: Option<&Map<String, Value>>) {
    for (name, value) in given.into_iter().flatten() {
        match (name.as_str(), value) {
            ("address", Value::Object(address)) => {
                for (part, value) in address {
                    details["address"][part] = value.clone();
                }
            }
            ("address", _) => {
                if let Value::Object(address) = &mut details["address"] {
                    address.values_mut().for_each(|part| *part = Value::Null);
                }
            }
            _ => details[name] = value.clone(),
        }
    }
}
