//! The merchant's balance: the cheapest call that proves a key and tells its mode.

use serde::Deserialize;

use crate::request::Path;
use crate::{Client, Error};

/// A balance (API reference, "The Balance object").
#[derive(Debug, Clone, Deserialize)]
pub struct Balance {
    /// Whether the key is a live one.
    pub livemode: bool,
    /// What can be paid out now, per currency.
    #[serde(default)]
    pub available: Vec<Funds>,
    /// What is on its way.
    #[serde(default)]
    pub pending: Vec<Funds>,
}

/// An amount in one currency; may be negative.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Funds {
    /// In the currency's smallest unit.
    pub amount: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
}

/// Reads the balance of the account that the client's key belongs to.
pub async fn retrieve(client: &Client) -> Result<Balance, Error> {
    client.get(Path::fixed("/v1/balance")).await
}
