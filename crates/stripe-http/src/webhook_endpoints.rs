//! Webhook endpoints: where Stripe delivers an account's events. Source: API reference, "Webhook Endpoints".
//!
//! The signing secret is in the answer to [`create`] only; nobody can read it later. The version in which events
//! are rendered is fixed at creation.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey, Metadata, WebhookEndpointId};

/// How many of them an account can have in each mode. Source: Stripe docs, "Webhooks".
pub const MAX_ENDPOINTS: usize = 16;

/// A webhook endpoint, as far as we look at it.
#[derive(Debug, Clone, Deserialize)]
pub struct WebhookEndpoint {
    /// `we_…`.
    pub id: WebhookEndpointId,
    /// Where events go.
    pub url: String,
    /// Event types, or `*` alone.
    #[serde(default)]
    pub enabled_events: Vec<String>,
    /// The version in which events are rendered; the account's default where there is none.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Whether events are sent.
    #[serde(default)]
    pub status: Status,
    /// Notes of whoever made it.
    #[serde(default)]
    pub metadata: Metadata,
    /// Whether it hears of live events.
    #[serde(default)]
    pub livemode: bool,
    /// `whsec_…`: in the answer to [`create`] only.
    #[serde(default)]
    pub secret: Option<SecretString>,
}

/// Stripe's `status` of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum Status {
    Enabled,
    Disabled,
    /// A status that Stripe added after this version, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What to create.
#[derive(Debug, Clone, Serialize)]
pub struct CreateParams {
    /// Where events go: https, except to a sandbox.
    pub url: String,
    /// Event types; at least one.
    pub enabled_events: Vec<String>,
    /// The version in which events are rendered.
    pub api_version: String,
    /// For people, in the dashboard.
    pub description: String,
    /// Our notes.
    pub metadata: Metadata,
}

/// What to change; absent fields stay as they are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UpdateParams {
    /// Where events go.
    pub url: Option<String>,
    /// Event types.
    pub enabled_events: Option<Vec<String>>,
    /// `false` enables it again.
    pub disabled: Option<bool>,
}

/// Creates an endpoint. The answer holds its signing secret; the same key brings the same answer, for a day.
pub async fn create(
    client: &Client,
    params: &CreateParams,
    key: &IdempotencyKey,
) -> Result<WebhookEndpoint, Error> {
    client
        .post(Path::fixed("/v1/webhook_endpoints"), params, key)
        .await
}

/// Every endpoint of the account in the key's mode, newest first.
pub async fn list(client: &Client) -> Result<Vec<WebhookEndpoint>, Error> {
    #[derive(Serialize)]
    struct Query<'a> {
        limit: usize,
        starting_after: Option<&'a str>,
    }
    #[derive(Deserialize)]
    struct Page {
        data: Vec<WebhookEndpoint>,
        #[serde(default)]
        has_more: bool,
    }
    const PER_PAGE: usize = 100;
    /// Far more than an account can have; a list that does not end is no list.
    const MAX_PAGES: usize = 10;

    let mut all: Vec<WebhookEndpoint> = Vec::new();
    for _ in 0..MAX_PAGES {
        let query = Query {
            limit: PER_PAGE,
            starting_after: all.last().map(|last| last.id.as_str()),
        };
        let page: Page = client
            .get_with(Path::fixed("/v1/webhook_endpoints"), &query)
            .await?;
        let goes_on = page.has_more && !page.data.is_empty();
        all.extend(page.data);
        if !goes_on {
            break;
        }
    }
    Ok(all)
}

/// Reads an endpoint, without its secret.
pub async fn retrieve(client: &Client, id: &WebhookEndpointId) -> Result<WebhookEndpoint, Error> {
    client
        .get(Path::with_id("/v1/webhook_endpoints/{id}", id.as_str()))
        .await
}

/// Changes an endpoint.
pub async fn update(
    client: &Client,
    id: &WebhookEndpointId,
    params: &UpdateParams,
    key: &IdempotencyKey,
) -> Result<WebhookEndpoint, Error> {
    client
        .post(
            Path::with_id("/v1/webhook_endpoints/{id}", id.as_str()),
            params,
            key,
        )
        .await
}

/// Deletes an endpoint; fine where it is gone already.
pub async fn delete(client: &Client, id: &WebhookEndpointId) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Deleted {}
    let path = Path::with_id("/v1/webhook_endpoints/{id}", id.as_str());
    match client.delete::<Deleted>(path).await {
        Ok(Deleted {}) | Err(Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
