//! Customers: to whom saved ways to pay belong. Source: API reference, "Customers".

use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, CustomerId, Error, IdempotencyKey, Metadata};

/// A customer (API reference, "The Customer object").
#[derive(Debug, Clone, Deserialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: CustomerId,
}

/// What to create. No `Debug`: it holds an e-mail address.
#[derive(Clone, Serialize)]
pub struct CreateParams {
    /// By which the merchant finds the customer.
    pub email: Option<String>,
    /// Our notes.
    pub metadata: Metadata,
}

/// Creates a customer.
pub async fn create(
    client: &Client,
    params: &CreateParams,
    key: &IdempotencyKey,
) -> Result<Customer, Error> {
    client.post(Path::fixed("/v1/customers"), params, key).await
}
