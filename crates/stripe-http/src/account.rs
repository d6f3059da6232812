//! The merchant's own account: whose key this is and whether it can take money.

use serde::Deserialize;

use crate::request::Path;
use crate::{AccountId, Client, Error};

/// An account (API reference, "The Account object"), as far as a connection needs it.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// `acct_…`.
    pub id: AccountId,
    /// Two letters, ISO 3166-1.
    #[serde(default)]
    pub country: Option<String>,
    /// Lower-case ISO 4217.
    #[serde(default)]
    pub default_currency: Option<String>,
    /// Whether live payments are possible.
    #[serde(default)]
    pub charges_enabled: bool,
    /// Whether Stripe pays out.
    #[serde(default)]
    pub payouts_enabled: bool,
    /// Whether the merchant has told Stripe all it asks for.
    #[serde(default)]
    pub details_submitted: bool,
}

/// Reads the account that the client's key belongs to.
pub async fn retrieve(client: &Client) -> Result<Account, Error> {
    client.get(Path::fixed("/v1/account")).await
}
