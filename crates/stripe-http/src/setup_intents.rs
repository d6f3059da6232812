//! [`SetupIntent`]s, which move no money: made with the secret key and read with the publishable one they
//! prove at connect time that both keys belong to one account.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey, Metadata, SetupIntentId, Transport};

/// A SetupIntent (API reference, "The SetupIntent object"), as far as the proof needs it.
#[derive(Debug, Clone, Deserialize)]
pub struct SetupIntent {
    /// `seti_…`.
    pub id: SetupIntentId,
    /// Where it stands.
    pub status: Status,
    /// Lets a publishable key read it; never for a log.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// Whether it was made with a live key.
    pub livemode: bool,
}

/// Stripe's `status` of a SetupIntent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Canceled,
    Succeeded,
    /// A status that Stripe added after this version.
    #[serde(untagged)]
    Unknown(String),
}

/// What to create.
#[derive(Debug, Clone, Serialize)]
pub struct CreateParams {
    /// For example `card`.
    pub allowed_payment_method_types: Vec<String>,
    /// Our notes.
    pub metadata: Metadata,
}

impl Default for CreateParams {
    /// Cards, which every account may set up.
    fn default() -> Self {
        Self {
            allowed_payment_method_types: vec!["card".to_owned()],
            metadata: Metadata::default(),
        }
    }
}

/// Creates a SetupIntent.
pub async fn create(
    client: &Client,
    params: &CreateParams,
    key: &IdempotencyKey,
) -> Result<SetupIntent, Error> {
    client
        .post(Path::fixed("/v1/setup_intents"), params, key)
        .await
}

/// Reads a SetupIntent as a browser would, with a publishable key and the client secret. Fails with
/// [`Error::NotFound`] or [`Error::Invalid`] when the publishable key is of another account or mode.
pub async fn retrieve_with_publishable_key(
    transport: &Transport,
    publishable_key: &str,
    id: &SetupIntentId,
    client_secret: &SecretString,
) -> Result<SetupIntent, Error> {
    #[derive(Serialize)]
    struct Query<'a> {
        client_secret: &'a str,
    }
    let client = transport.client(SecretString::from(publishable_key));
    let query = Query {
        client_secret: client_secret.expose_secret(),
    };
    client
        .get_with(Path::with_id("/v1/setup_intents/{id}", id.as_str()), &query)
        .await
}

/// Cancels a SetupIntent.
pub async fn cancel(
    client: &Client,
    id: &SetupIntentId,
    key: &IdempotencyKey,
) -> Result<SetupIntent, Error> {
    #[derive(Serialize)]
    struct NoParams {}
    client
        .post(
            Path::with_id("/v1/setup_intents/{id}/cancel", id.as_str()),
            &NoParams {},
            key,
        )
        .await
}
