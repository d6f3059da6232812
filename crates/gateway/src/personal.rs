//! Personal data of shoppers: e-mail and addresses, sealed for the row that holds them.

use domain::text::{self, InvalidText};
use domain::{Mode, StoreId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vault::{LookupField, PersonalField, Sealed, Vault, VaultError};

use crate::error::ApiError;

/// What a shopper told about themself. No `Debug`: it must not reach a log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// For the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Who is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
}

/// A postal address, in Stripe's field names.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub line1: Option<String>,
    /// Flat, floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub line2: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub city: Option<String>,
    /// State, county, region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub state: Option<String>,
    /// ZIP or postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub postal_code: Option<String>,
    /// Two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub country: Option<String>,
    /// With country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub phone: Option<String>,
}

/// Longest value of an address field.
const MAX_ADDRESS_CHARS: usize = 200;

/// Which row a contact belongs to; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The tenant.
    pub store_id: StoreId,
    /// The table of the row.
    pub table: &'a str,
    /// Its id.
    pub id: Uuid,
}

impl Contact {
    /// The country that it is shipped to, as it was written.
    pub fn shipping_country(&self) -> Option<&str> {
        self.shipping_address.as_ref()?.country.as_deref()
    }

    /// Checks the texts of a request. Empty texts count as absent.
    pub fn parse(
        email: Option<String>,
        shipping_address: Option<Address>,
        billing_address: Option<Address>,
    ) -> Result<Self, ApiError> {
        let email = email.filter(|text| !text.trim().is_empty());
        let email = email
            .map(|email| text::email(&email))
            .transpose()
            .map_err(|error| invalid(error, "email"))?;
        let check = |address: Option<Address>, param| {
            address.map(|address| address.checked(param)).transpose()
        };
        Ok(Self {
            email,
            shipping_address: check(shipping_address, "shipping_address")?,
            billing_address: check(billing_address, "billing_address")?,
        })
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.email.is_none() && self.shipping_address.is_none() && self.billing_address.is_none()
    }

    /// What this contact says, and what `other` says where this one is silent.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            email: self.email.or(other.email),
            shipping_address: self.shipping_address.or(other.shipping_address),
            billing_address: self.billing_address.or(other.billing_address),
        }
    }

    /// The keyed hash by which an order of this contact is found; empty where it has no address.
    pub fn email_hash(&self, vault: &Vault, store_id: StoreId, mode: Mode) -> String {
        match &self.email {
            Some(email) => vault.lookup_hash(&email_field(store_id, mode), &folded(email)),
            None => String::new(),
        }
    }

    /// Seals it for a row; `None` where there is nothing to seal.
    pub fn seal(&self, vault: &Vault, row: Row<'_>) -> Result<Option<String>, ApiError> {
        if self.is_empty() {
            return Ok(None);
        }
        let plaintext = serde_json::to_vec(self).map_err(ApiError::internal)?;
        let sealed = vault.seal_personal(&field(row), &plaintext)?;
        // The key id stands in front, so that rotation finds what is left by a prefix.
        Ok(Some(format!("{} {}", sealed.key_id, sealed.token)))
    }

    /// Opens what [`Contact::seal`] made for the same row.
    pub fn open(vault: &Vault, row: Row<'_>, sealed: Option<&str>) -> Result<Self, ApiError> {
        let Some(sealed) = sealed else {
            return Ok(Self::default());
        };
        let (key_id, token) = sealed
            .split_once(' ')
            .ok_or(ApiError::from(VaultError::CannotOpen))?;
        let sealed = Sealed {
            key_id: key_id.to_owned(),
            token: token.to_owned(),
        };
        let plaintext = vault.open_personal(&field(row), &sealed)?;
        serde_json::from_slice(plaintext.expose_secret()).map_err(ApiError::internal)
    }
}

/// The keyed hashes under which an address may be kept, one for each key of the vault.
pub fn email_hashes(vault: &Vault, store_id: StoreId, mode: Mode, email: &str) -> Vec<String> {
    vault.lookup_hashes(&email_field(store_id, mode), &folded(email))
}

fn email_field(store_id: StoreId, mode: Mode) -> LookupField<'static> {
    LookupField {
        store_id,
        mode,
        name: "email",
    }
}

/// An address however it was written: nobody knows by which letters they gave theirs.
pub fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

fn field(row: Row<'_>) -> PersonalField<'_> {
    PersonalField {
        store_id: row.store_id,
        table: row.table,
        column: "contact_sealed",
        row: row.id,
    }
}

impl Address {
    fn checked(self, param: &'static str) -> Result<Self, ApiError> {
        let check = |value: Option<String>, name: &str| {
            let value = value.filter(|text| !text.trim().is_empty());
            value
                .map(|value| text::line(&value, MAX_ADDRESS_CHARS))
                .transpose()
                .map_err(|error| invalid(error, format!("{param}.{name}")))
        };
        Ok(Self {
            name: check(self.name, "name")?,
            line1: check(self.line1, "line1")?,
            line2: check(self.line2, "line2")?,
            city: check(self.city, "city")?,
            state: check(self.state, "state")?,
            postal_code: check(self.postal_code, "postal_code")?,
            country: check(self.country, "country")?,
            phone: check(self.phone, "phone")?,
        })
    }
}

fn invalid(error: InvalidText, param: impl Into<String>) -> ApiError {
    let param = param.into();
    ApiError::malformed("invalid_value", format!("{param} {error}.")).param(param)
}
