//! What the customer has typed into the hosted page.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::check;
use crate::state::Document;
use crate::v1::StripeError;

/// Longer than any name, and a bound for what the page sends.
const MAX_CHARS: usize = 500;

/// The customer of one session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Payer {
    /// A `PaymentMethod` of the session's account; none where nothing is to be paid.
    pub(crate) payment_method: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) shipping: Option<Shipping>,
    /// The session's custom fields by their keys.
    pub(crate) custom_fields: Map<String, Value>,
    pub(crate) accepts_terms: bool,
    /// The money comes days later, as with a bank debit.
    pub(crate) pays_later: bool,
}

/// Where the goods go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shipping {
    pub(crate) name: String,
    pub(crate) address: Address,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Address {
    pub(crate) line1: String,
    pub(crate) line2: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: String,
}

impl Payer {
    /// Refuses what the session does not let through; `param` is the form's field.
    pub(super) fn check(&self, session: &Document) -> Result<(), StripeError> {
        if let Some(email) = &self.email {
            check::email("email", email)?;
        }
        let enabled = |name: &str| {
            session
                .get(name)
                .is_some_and(|field| field["enabled"] == true)
        };
        if enabled("phone_number_collection") {
            needed("phone", self.phone.as_deref())?;
        }
        if let Some(countries) = session.get("shipping_address_collection") {
            self.check_shipping(&countries["allowed_countries"])?;
        }
        let terms = session
            .get("consent_collection")
            .map(|consent| &consent["terms_of_service"]);
        if terms.is_some_and(|terms| terms == "required") && !self.accepts_terms {
            return Err(refusal(
                "accepts_terms",
                "Accept the terms of service to go on.",
            ));
        }
        let fields = session.get("custom_fields").and_then(Value::as_array);
        for field in fields.into_iter().flatten() {
            self.check_field(field)?;
        }
        let texts = [&self.email, &self.name, &self.phone, &self.payment_method];
        for text in texts.into_iter().flatten() {
            check::length("name", text, MAX_CHARS)?;
        }
        Ok(())
    }

    fn check_shipping(&self, countries: &Value) -> Result<(), StripeError> {
        let Some(shipping) = &self.shipping else {
            return Err(refusal(
                "shipping_name",
                "Say where your order is to be sent.",
            ));
        };
        needed("shipping_name", Some(&shipping.name))?;
        needed("shipping_line1", Some(&shipping.address.line1))?;
        let country = Value::from(shipping.address.country.as_str());
        if countries
            .as_array()
            .is_some_and(|all| all.contains(&country))
        {
            return Ok(());
        }
        Err(refusal(
            "shipping_country",
            "This shop does not send its goods there.",
        ))
    }

    fn check_field(&self, field: &Value) -> Result<(), StripeError> {
        let key = field["key"].as_str().unwrap_or_default();
        let kind = field["type"].as_str().unwrap_or_default();
        let param = format!("custom_{key}");
        let text = self
            .custom_fields
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default();
        if text.is_empty() {
            return if field["optional"] == true {
                Ok(())
            } else {
                Err(refusal(&param, "This field is incomplete."))
            };
        }
        let chars = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let rules = &field[kind];
        let limit = |name: &str, default: i64| rules[name].as_i64().unwrap_or(default);
        if chars < limit("minimum_length", 0) || chars > limit("maximum_length", 255) {
            return Err(refusal(&param, "This text is too short or too long."));
        }
        let known = rules["options"].as_array().into_iter().flatten();
        let fits = match kind {
            "numeric" => text.bytes().all(|byte| byte.is_ascii_digit()),
            "dropdown" => known.into_iter().any(|option| option["value"] == text),
            _ => true,
        };
        if fits {
            Ok(())
        } else {
            Err(refusal(&param, "This is not one of the answers."))
        }
    }
}

fn needed(field: &str, text: Option<&str>) -> Result<(), StripeError> {
    match text {
        Some(text) if !text.trim().is_empty() && text.chars().count() <= MAX_CHARS => Ok(()),
        _ => Err(refusal(field, "This field is incomplete.")),
    }
}

pub(super) fn refusal(field: &str, message: &str) -> StripeError {
    StripeError::invalid(message).param(field)
}
