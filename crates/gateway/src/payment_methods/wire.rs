//! Payment methods on the wire, in the reader's language.
#![expect(
    clippy::option_option,
    reason = "a PATCH tells three things apart: absent, null and a value"
)]

use std::collections::BTreeMap;

use db::payment_methods::PaymentMethod;
use domain::{PaymentMethodId, text};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::languages;
use crate::error::ApiError;

const MAX_NAME_CHARS: usize = 100;
const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// More languages than a shop speaks.
const MAX_TRANSLATIONS: usize = 50;

/// The id of Stripe's own.
pub const STRIPE: &str = "stripe";

/// A payment method as everybody sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentMethod)]
pub struct PaymentMethodReply {
    /// `stripe`, or the id of one of the merchant's.
    pub id: String,
    /// `stripe` or `manual`.
    pub provider: &'static str,
    /// What shoppers read.
    pub name: String,
    /// More of it, such as where the money goes.
    pub description: Option<String>,
}

/// A payment method as its merchant wrote it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManualPaymentMethod)]
pub struct ManualMethodReply {
    #[serde(flatten)]
    method: PaymentMethodReply,
    translations: BTreeMap<String, Translation>,
}

/// The texts in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
}

impl PaymentMethodReply {
    /// One of the merchant's, in the best of the reader's languages.
    pub fn manual(method: &PaymentMethod, wanted: &[String]) -> Result<Self, ApiError> {
        let translations = read(method)?;
        let best = languages::best(wanted, |tag| translations.get(tag));
        let (name, description) = match best {
            Some(translation) => (&translation.name, &translation.description),
            None => (&method.name, &method.description),
        };
        Ok(Self {
            id: method.id.to_string(),
            provider: "manual",
            name: name.clone(),
            description: description.clone().or_else(|| method.description.clone()),
        })
    }

    /// Stripe's own.
    pub fn stripe(wanted: &[String]) -> Self {
        const NAMES: [(&str, &str); 6] = [
            ("en", "Card and more"),
            ("de", "Karte und mehr"),
            ("fr", "Carte et autres"),
            ("es", "Tarjeta y más"),
            ("it", "Carta e altro"),
            ("nl", "Kaart en meer"),
        ];
        let find = |tag: &str| NAMES.iter().find(|(known, _)| *known == tag);
        let (_, name) = languages::best(wanted, find).unwrap_or(&NAMES[0]);
        Self {
            id: STRIPE.to_owned(),
            provider: "stripe",
            name: (*name).to_owned(),
            description: None,
        }
    }
}

impl ManualMethodReply {
    /// As it was written, with every translation.
    pub fn new(method: &PaymentMethod) -> Result<Self, ApiError> {
        Ok(Self {
            method: PaymentMethodReply::manual(method, &[])?,
            translations: read(method)?,
        })
    }
}

fn read(method: &PaymentMethod) -> Result<BTreeMap<String, Translation>, ApiError> {
    serde_json::from_str(&method.translations).map_err(ApiError::internal)
}

/// Fields of a payment method in a request. A field that is absent stays as it is; `null` empties it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentMethodFields {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    description: Option<Option<String>>,
    translations: Option<BTreeMap<String, Translation>>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl PaymentMethodFields {
    /// A whole new method; `name` must be there.
    pub fn new_method(self, now: Timestamp) -> Result<PaymentMethod, ApiError> {
        if self.name.is_none() {
            let error = ApiError::malformed("parameter_missing", "name is required.");
            return Err(error.param("name"));
        }
        self.changed(PaymentMethod {
            id: PaymentMethodId::generate(),
            name: String::new(),
            description: None,
            translations: "{}".to_owned(),
            active: true,
            created_at: now,
        })
    }

    /// The method with what the request names.
    pub fn changed(self, mut method: PaymentMethod) -> Result<PaymentMethod, ApiError> {
        if let Some(text) = self.name {
            method.name = name(&text, "name")?;
        }
        if let Some(text) = self.description {
            method.description = description(text.as_deref(), "description")?;
        }
        if let Some(translations) = self.translations {
            let checked = check_translations(translations)?;
            method.translations = serde_json::to_string(&checked).map_err(ApiError::internal)?;
        }
        Ok(method)
    }
}

fn check_translations(
    translations: BTreeMap<String, Translation>,
) -> Result<BTreeMap<String, Translation>, ApiError> {
    if translations.len() > MAX_TRANSLATIONS {
        let reason = format!("has more than {MAX_TRANSLATIONS} languages");
        return Err(invalid("translations", reason));
    }
    let check = |(tag, texts): (String, Translation)| {
        let tag = tag.to_ascii_lowercase();
        if !languages::is_tag(&tag) {
            return Err(invalid(
                "translations",
                "has a key that is no language tag such as de",
            ));
        }
        let param = format!("translations.{tag}");
        let name = name(&texts.name, &format!("{param}.name"))?;
        let description = description(
            texts.description.as_deref(),
            &format!("{param}.description"),
        )?;
        Ok((tag, Translation { name, description }))
    };
    translations.into_iter().map(check).collect()
}

fn name(text: &str, param: &str) -> Result<String, ApiError> {
    text::line(text, MAX_NAME_CHARS).map_err(|error| invalid(param, error))
}

fn description(text: Option<&str>, param: &str) -> Result<Option<String>, ApiError> {
    text.map(|text| text::paragraphs(text, MAX_DESCRIPTION_CHARS))
        .transpose()
        .map_err(|error| invalid(param, error))
}

fn invalid(param: &str, reason: impl std::fmt::Display) -> ApiError {
    ApiError::malformed("invalid_value", format!("{param} {reason}.")).param(param.to_owned())
}
