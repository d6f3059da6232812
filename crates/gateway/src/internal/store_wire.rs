//! Stores on the wire: what an internal service sends and what it gets.
#![expect(
    clippy::option_option,
    reason = "in a change, the outer one is absent and the inner one is null"
)]

use db::stores::{Store, StoreChanges};
use domain::return_url::Origin;
use domain::{Currency, Mode, StoreId, text};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::words;

const MAX_NAME_CHARS: usize = 120;
/// Shops have a handful of hosts; every request's policy repeats them.
const MAX_ORIGINS: usize = 20;
/// The order states at which an authorisation can be captured.
const CAPTURE_POINTS: [&str; 3] = ["confirmed", "shipped", "completed"];

/// A store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Store)]
pub struct StoreReply {
    #[schema(value_type = words::Id)]
    id: StoreId,
    name: String,
    merchant_email: Option<String>,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    allowed_origins: Vec<String>,
    return_origins: Vec<String>,
    capture_on: String,
    #[schema(value_type = Option<words::Mode>)]
    active_mode: Option<Mode>,
    created_at: Timestamp,
}

impl From<Store> for StoreReply {
    fn from(store: Store) -> Self {
        Self {
            id: store.id,
            name: store.name,
            merchant_email: store.merchant_email,
            currency: store.currency,
            allowed_origins: store.allowed_origins,
            return_origins: store.return_origins,
            capture_on: store.capture_on,
            active_mode: store.active_mode,
            created_at: store.created_at,
        }
    }
}

/// A store to make; absent fields get their defaults.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStore)]
pub struct NewStoreFields {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(format = "email", max_length = 254)]
    merchant_email: Option<String>,
    #[schema(min_length = 3, max_length = 3, example = "eur")]
    currency: Option<String>,
    #[schema(max_items = 20)]
    allowed_origins: Option<Vec<String>>,
    #[schema(max_items = 20)]
    return_origins: Option<Vec<String>>,
    #[schema(value_type = Option<words::CapturePoint>)]
    capture_on: Option<String>,
}

impl NewStoreFields {
    /// The checked store.
    pub fn store(self, now: Timestamp) -> Result<Store, ApiError> {
        let required =
            || ApiError::malformed("parameter_missing", "name is required.").param("name");
        Ok(Store {
            id: StoreId::generate(),
            name: name(&self.name.ok_or_else(required)?)?,
            merchant_email: self
                .merchant_email
                .map(|address| email(&address))
                .transpose()?,
            currency: self
                .currency
                .map_or(Ok(Currency::EUR), |code| code.parse())?,
            active_mode: None,
            capture_on: self
                .capture_on
                .map_or_else(|| Ok(CAPTURE_POINTS[0].to_owned()), capture_point)?,
            allowed_origins: origins(&self.allowed_origins.unwrap_or_default(), "allowed_origins")?,
            return_origins: origins(&self.return_origins.unwrap_or_default(), "return_origins")?,
            created_at: now,
        })
    }
}

/// A change of a store; absent fields stay as they are. Only `merchant_email` can be emptied with `null`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreFields {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 120)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "email", max_length = 254)]
    merchant_email: Option<Option<String>>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 3, max_length = 3, example = "eur")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 20)]
    allowed_origins: Option<Vec<String>>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_items = 20)]
    return_origins: Option<Vec<String>>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = words::CapturePoint, required = false)]
    capture_on: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = words::Mode, required = false)]
    active_mode: Option<String>,
}

impl StoreFields {
    /// The checked change.
    pub fn changes(self) -> Result<StoreChanges, ApiError> {
        Ok(StoreChanges {
            name: self.name.map(|text| name(&text)).transpose()?,
            merchant_email: self
                .merchant_email
                .map(|address| address.map(|address| email(&address)).transpose())
                .transpose()?,
            currency: self
                .currency
                .map(|code| code.parse::<Currency>())
                .transpose()?,
            active_mode: self
                .active_mode
                .map(|mode| parse_mode(&mode, "active_mode"))
                .transpose()?,
            capture_on: self.capture_on.map(capture_point).transpose()?,
            allowed_origins: self
                .allowed_origins
                .map(|list| origins(&list, "allowed_origins"))
                .transpose()?,
            return_origins: self
                .return_origins
                .map(|list| origins(&list, "return_origins"))
                .transpose()?,
        })
    }
}

/// `test` or `live`.
pub fn parse_mode(word: &str, param: &'static str) -> Result<Mode, ApiError> {
    word.parse()
        .map_err(|_| invalid(param, "must be test or live"))
}

/// 400 that names the field.
pub fn invalid(param: &'static str, reason: impl std::fmt::Display) -> ApiError {
    ApiError::malformed("invalid_value", format!("{param} {reason}.")).param(param)
}

fn name(text: &str) -> Result<String, ApiError> {
    text::line(text, MAX_NAME_CHARS).map_err(|error| invalid("name", error))
}

fn email(text: &str) -> Result<String, ApiError> {
    text::email(text).map_err(|error| invalid("merchant_email", error))
}

fn capture_point(word: String) -> Result<String, ApiError> {
    if CAPTURE_POINTS.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(invalid(
            "capture_on",
            "must be confirmed, shipped or completed",
        ))
    }
}

/// Each once, as browsers write them.
fn origins(list: &[String], param: &'static str) -> Result<Vec<String>, ApiError> {
    if list.len() > MAX_ORIGINS {
        return Err(invalid(
            param,
            format_args!("must be at most {MAX_ORIGINS} origins"),
        ));
    }
    let mut origins = Vec::with_capacity(list.len());
    for text in list {
        let origin = Origin::parse(text)
            .map_err(|error| invalid(param, format_args!("cannot be used: {error}")))?;
        if !origins.iter().any(|known| known == origin.as_str()) {
            origins.push(origin.as_str().to_owned());
        }
    }
    Ok(origins)
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Absent is fine, `null` is not.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn create(fields: Value) -> Result<Store, ApiError> {
        let fields: NewStoreFields = serde_json::from_value(fields).unwrap();
        fields.store(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_name_is_enough() {
        let store = create(json!({ "name": " Röstkost " })).unwrap();
        assert_eq!(
            (
                store.name.as_str(),
                store.currency,
                store.capture_on.as_str()
            ),
            ("Röstkost", Currency::EUR, "confirmed")
        );
        assert_eq!((store.active_mode, store.merchant_email), (None, None));
    }

    #[test]
    fn origins_are_kept_once_as_browsers_write_them() {
        let list = [
            "https://Shop.example.com/",
            "https://shop.example.com:443",
            "http://localhost:3000",
        ];
        let store = create(json!({ "name": "x", "return_origins": list })).unwrap();
        assert_eq!(
            store.return_origins,
            ["https://shop.example.com", "http://localhost:3000"]
        );
    }

    #[test]
    fn wrong_fields_are_named() {
        for (fields, param) in [
            (json!({}), "name"),
            (json!({ "name": "" }), "name"),
            (json!({ "name": "x".repeat(121) }), "name"),
            (
                json!({ "name": "x", "merchant_email": "nobody" }),
                "merchant_email",
            ),
            (json!({ "name": "x", "currency": "xyz" }), "currency"),
            (
                json!({ "name": "x", "capture_on": "pending" }),
                "capture_on",
            ),
            (
                json!({ "name": "x", "allowed_origins": ["http://shop.example.com"] }),
                "allowed_origins",
            ),
            (
                json!({ "name": "x", "return_origins": ["https://shop.example.com/path"] }),
                "return_origins",
            ),
            (
                json!({ "name": "x", "return_origins": vec!["https://a.example"; 21] }),
                "return_origins",
            ),
        ] {
            let error = create(fields.clone()).unwrap_err();
            assert_eq!(error.status(), 400, "{fields}");
            assert!(
                error.message().contains(param) || param == "currency",
                "{fields}: {}",
                error.message()
            );
        }
    }

    #[test]
    fn a_change_tells_null_from_absent() {
        let changes = |fields| {
            serde_json::from_value::<StoreFields>(fields).map(|fields| fields.changes().unwrap())
        };
        assert_eq!(changes(json!({})).unwrap().merchant_email, None);
        assert_eq!(
            changes(json!({ "merchant_email": null }))
                .unwrap()
                .merchant_email,
            Some(None)
        );
        for field in [
            "name",
            "currency",
            "capture_on",
            "allowed_origins",
            "active_mode",
            "id",
            "nonsense",
        ] {
            assert!(changes(json!({ field: null })).is_err(), "{field}");
        }
    }
}
