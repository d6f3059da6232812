//! Who set up the webhook of a connection, by the signing secrets that it has.

use db::connections::Connection;
use db::webhook_secrets::WebhookSecret;

/// Whose endpoint signs what arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// No secret: no webhook is accepted.
    None,
    /// A person made the endpoint and pasted its secret.
    Pasted,
    /// We registered the endpoint; its id at Stripe.
    Ours(String),
}

impl Signing {
    /// What a connection has, given its store's valid secrets, newest first.
    pub fn of(connection: &Connection, secrets: &[WebhookSecret]) -> Self {
        let mut own = secrets.iter().filter(|secret| {
            secret.mode == connection.mode && secret.account_id == connection.account_id
        });
        // Ours goes on beside what a person pasted later.
        let Some(newest) = own
            .clone()
            .find(|secret| secret.expires_at.is_none() && secret.endpoint_id.is_some())
            .or_else(|| own.clone().find(|secret| secret.expires_at.is_none()))
            .or_else(|| own.next())
        else {
            return Self::None;
        };
        newest.endpoint_id.clone().map_or(Self::Pasted, Self::Ours)
    }

    /// Stripe's id of our endpoint.
    pub fn endpoint_id(&self) -> Option<String> {
        match self {
            Self::Ours(id) => Some(id.clone()),
            Self::None | Self::Pasted => None,
        }
    }
}
