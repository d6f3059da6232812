//! Who set up the webhook of a connection, by the signing secrets that it has.

use db::connections::Connection;
use db::webhook_secrets::WebhookSecret;
use domain::StoreId;

use crate::app::App;

/// Whose endpoint signs what arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// No secret: no webhook is accepted.
    None,
    /// A person made the endpoint and pasted its secret.
    Pasted,
    /// We registered the endpoint; its id at Stripe.
    Ours(String),
    /// No secret is stored: the Stripe CLI beside this gateway forwards events, and its secret is in memory.
    Forwarded,
}

impl Signing {
    /// What a connection has, given its store's valid secrets, newest first. Only this gateway knows its forwarders.
    pub fn of(
        app: &App,
        store_id: StoreId,
        connection: &Connection,
        secrets: &[WebhookSecret],
    ) -> Self {
        let (mode, account_id) = (connection.mode, &connection.account_id);
        match Self::stored(connection, secrets) {
            Self::None if app.held_secrets.serves(store_id, mode, account_id) => Self::Forwarded,
            stored => stored,
        }
    }

    fn stored(connection: &Connection, secrets: &[WebhookSecret]) -> Self {
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
            Self::None | Self::Pasted | Self::Forwarded => None,
        }
    }
}
