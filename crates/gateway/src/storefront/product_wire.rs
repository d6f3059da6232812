//! Products on the wire: what callers send and what they get.
#![expect(
    clippy::option_option,
    reason = "a PATCH tells three things apart: absent, null and a value"
)]

use db::products::{Product, ProductChanges};
use domain::{Currency, Money, ProductId, text};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::words;

const MAX_NAME_CHARS: usize = 200;
const MAX_SKU_CHARS: usize = 100;
const MAX_DESCRIPTION_CHARS: usize = 5_000;
const MAX_URL_CHARS: usize = 2_048;
/// A count above it is a typing error.
const MAX_STOCK: i64 = 1_000_000_000;

/// A product as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductReply {
    #[schema(value_type = words::Id)]
    id: ProductId,
    sku: Option<String>,
    name: String,
    description: Option<String>,
    image_url: Option<String>,
    #[schema(value_type = words::Amount)]
    unit_amount: i64,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = Option<words::Pieces>)]
    stock: Option<i64>,
}

impl From<Product> for ProductReply {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            sku: product.sku,
            name: product.name,
            description: product.description,
            image_url: product.image_url,
            unit_amount: product.unit_amount_minor,
            currency: product.currency,
            stock: product.stock,
        }
    }
}

/// Fields of a product in a request. A field that is absent stays as it is; `null` empties it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductFields {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub(super) sku: Option<Option<String>>,
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 5000)]
    pub(super) description: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "uri", max_length = 2048)]
    pub(super) image_url: Option<Option<String>>,
    #[schema(value_type = Option<words::Amount>)]
    pub(super) unit_amount: Option<i64>,
    #[schema(min_length = 3, max_length = 3, example = "eur")]
    pub(super) currency: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<words::Pieces>)]
    pub(super) stock: Option<Option<i64>>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

impl ProductFields {
    /// The checked change. `currency` is what the product's price is in if the request does not say.
    pub fn changes(self, currency: Currency) -> Result<ProductChanges, ApiError> {
        let new_currency = self
            .currency
            .map(|code| code.parse::<Currency>())
            .transpose()?;
        let unit_amount_minor = self
            .unit_amount
            .map(|amount| price(amount, new_currency.unwrap_or(currency)))
            .transpose()?;
        Ok(ProductChanges {
            sku: optional(self.sku, "sku", |sku| text::line(sku, MAX_SKU_CHARS))?,
            name: self
                .name
                .map(|name| text::line(&name, MAX_NAME_CHARS))
                .transpose()
                .map_err(|error| invalid("name", error.to_string()))?,
            description: optional(self.description, "description", |value| {
                text::paragraphs(value, MAX_DESCRIPTION_CHARS)
            })?,
            image_url: self
                .image_url
                .map(|url| url.map(|url| image_url(&url)).transpose())
                .transpose()?,
            unit_amount_minor,
            currency: new_currency,
            stock: self
                .stock
                .map(|stock| stock.map(check_stock).transpose())
                .transpose()?,
            active: None,
        })
    }

    /// A whole new product; `name` and `unit_amount` must be there.
    pub fn new_product(
        self,
        default_currency: Currency,
        now: Timestamp,
    ) -> Result<Product, ApiError> {
        let changes = self.changes(default_currency)?;
        let missing = |param: &'static str| {
            ApiError::malformed("parameter_missing", format!("{param} is required.")).param(param)
        };
        Ok(Product {
            id: ProductId::generate(),
            sku: changes.sku.flatten(),
            name: changes.name.ok_or_else(|| missing("name"))?,
            description: changes.description.flatten(),
            image_url: changes.image_url.flatten(),
            unit_amount_minor: changes
                .unit_amount_minor
                .ok_or_else(|| missing("unit_amount"))?,
            currency: changes.currency.unwrap_or(default_currency),
            stock: changes.stock.flatten(),
            active: true,
            created_at: now,
        })
    }
}

/// A price that exists in its currency.
pub fn price(amount_minor: i64, currency: Currency) -> Result<i64, ApiError> {
    let money = Money::new(amount_minor, currency)
        .map_err(|error| invalid("unit_amount", error.to_string()))?;
    Ok(money.amount_minor())
}

fn check_stock(stock: i64) -> Result<i64, ApiError> {
    if (0..=MAX_STOCK).contains(&stock) {
        Ok(stock)
    } else {
        Err(invalid(
            "stock",
            format!(
                "must be a whole number from 0 to {MAX_STOCK}, or null where it is not counted"
            ),
        ))
    }
}

/// Browsers load it on the shop's pages: https, or http on this machine.
fn image_url(text: &str) -> Result<String, ApiError> {
    let text =
        text::line(text, MAX_URL_CHARS).map_err(|error| invalid("image_url", error.to_string()))?;
    let url = url::Url::parse(&text).ok().filter(|url| {
        url.scheme() == "https" || (url.scheme() == "http" && domain::return_url::is_loopback(url))
    });
    url.map(String::from)
        .ok_or_else(|| invalid("image_url", "must be an https URL"))
}

fn optional(
    value: Option<Option<String>>,
    param: &'static str,
    check: impl Fn(&str) -> Result<String, text::InvalidText>,
) -> Result<Option<Option<String>>, ApiError> {
    let checked = value
        .map(|value| value.map(|value| check(&value)).transpose())
        .transpose();
    checked.map_err(|error| invalid(param, error.to_string()))
}

fn invalid(param: &'static str, reason: impl std::fmt::Display) -> ApiError {
    ApiError::malformed("invalid_value", format!("{param} {reason}.")).param(param)
}
