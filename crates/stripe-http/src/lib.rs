//! Stripe over HTTPS, for many merchants at once.
//!
//! There is no global key: one [`Transport`] holds the connections and the limits, and
//! [`Transport::client`] makes a [`Client`] from one store's key that lives as long as one request
//! or one job. The resource modules are free functions over that client; every mutation takes an
//! [`IdempotencyKey`]. [`webhook`] checks and reads what Stripe sends to us, without any I/O.
//!
//! ```no_run
//! # async fn pay(key: secrecy::SecretString, operation: uuid::Uuid) -> Result<(), Box<dyn std::error::Error>> {
//! use stripe_http::payment_intents::{self, CreateParams};
//! use stripe_http::{Transport, TransportConfig};
//!
//! let transport = Transport::new(TransportConfig::default())?; // once
//! let client = transport.client(key); // for this request
//! let params = CreateParams::new(4999, "eur");
//! let intent = payment_intents::create(&client, &params, &operation.into()).await?;
//! println!("{} is {:?}", intent.id, intent.status);
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod account;
pub mod balance;
pub mod customers;
pub mod disputes;
pub mod events;
pub mod payment_intents;
pub mod payment_methods;
pub mod refunds;
pub mod setup_intents;
pub mod webhook_endpoints;

pub mod webhook;

mod answer;
mod client;
mod error;
pub mod form;
mod idempotency;
mod ids;
mod list;
mod metadata;
mod request;
mod retry;
mod transport;

pub use client::Client;
pub use error::{ApiError, Error, Outcome, Unsendable};
pub use idempotency::{IdempotencyKey, InvalidIdempotencyKey};
pub use ids::{
    AccountId, CustomerId, DisputeId, InvalidId, PaymentIntentId, PaymentMethodId, RefundId,
    SetupIntentId, WebhookEndpointId,
};
pub use metadata::{InvalidMetadata, Metadata};
pub use transport::{ConfigError, Transport, TransportConfig};

/// The Stripe API version that every call pins (`Stripe-Version`), whatever the merchant's account
/// default is. The shapes in this crate are those of this version.
pub const API_VERSION: &str = "2026-10-28.endive";
