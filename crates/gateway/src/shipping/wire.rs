//! Shipping methods on the wire.

use db::shipping_methods::ShippingMethod;
use domain::shipping::{Country, MAX_COUNTRIES};
use domain::{Currency, Money, ShippingMethodId, text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::words;

const MAX_NAME_CHARS: usize = 100;
/// A store offers at most so many: a shopper chooses from a list.
pub const MAX_METHODS: i64 = 100;

/// A shipping method as everybody sees it. Without countries it goes everywhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShippingMethod)]
pub struct ShippingMethodReply {
    #[schema(value_type = words::Id)]
    id: ShippingMethodId,
    name: String,
    #[schema(value_type = words::Amount)]
    amount: i64,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = Vec<words::Country>)]
    countries: Vec<Country>,
}

impl From<ShippingMethod> for ShippingMethodReply {
    fn from(method: ShippingMethod) -> Self {
        Self {
            id: method.id,
            name: method.name,
            amount: method.amount_minor,
            currency: method.currency,
            countries: method.countries,
        }
    }
}

/// Fields of a shipping method in a request. A field that is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingMethodFields {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(value_type = Option<words::Amount>)]
    amount: Option<i64>,
    #[schema(min_length = 3, max_length = 3, example = "eur")]
    currency: Option<String>,
    #[schema(value_type = Option<Vec<words::Country>>, max_items = 249)]
    countries: Option<Vec<String>>,
}

impl ShippingMethodFields {
    /// A whole new method; `name` and `amount` must be there.
    pub fn new_method(
        self,
        default_currency: Currency,
        now: Timestamp,
    ) -> Result<ShippingMethod, ApiError> {
        for (is_missing, param) in [
            (self.name.is_none(), "name"),
            (self.amount.is_none(), "amount"),
        ] {
            if is_missing {
                let message = format!("{param} is required.");
                return Err(ApiError::malformed("parameter_missing", message).param(param));
            }
        }
        self.changed(ShippingMethod {
            id: ShippingMethodId::generate(),
            name: String::new(),
            amount_minor: 0,
            currency: default_currency,
            countries: Vec::new(),
            active: true,
            created_at: now,
        })
    }

    /// The method with what the request names.
    pub fn changed(self, mut method: ShippingMethod) -> Result<ShippingMethod, ApiError> {
        if let Some(name) = self.name {
            method.name =
                text::line(&name, MAX_NAME_CHARS).map_err(|error| invalid("name", error))?;
        }
        if let Some(code) = self.currency {
            method.currency = code.parse()?;
        }
        let amount_minor = self.amount.unwrap_or(method.amount_minor);
        let amount =
            Money::new(amount_minor, method.currency).map_err(|error| invalid("amount", error))?;
        method.amount_minor = amount.amount_minor();
        if let Some(codes) = self.countries {
            method.countries = countries(&codes)?;
        }
        Ok(method)
    }
}

fn countries(codes: &[String]) -> Result<Vec<Country>, ApiError> {
    if codes.len() > MAX_COUNTRIES {
        return Err(invalid("countries", "names more countries than there are"));
    }
    let mut parsed = codes
        .iter()
        .enumerate()
        .map(|(position, code)| {
            code.trim().parse::<Country>().map_err(|error| {
                let param = format!("countries[{position}]");
                ApiError::malformed("invalid_value", format!("{param} {error}.")).param(param)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    parsed.sort_unstable();
    parsed.dedup();
    Ok(parsed)
}

fn invalid(param: &'static str, reason: impl std::fmt::Display) -> ApiError {
    ApiError::malformed("invalid_value", format!("{param} {reason}.")).param(param)
}
