//! Who may open the connect form, for which store, and where the browser may go afterwards.

use db::connect_tokens::TokenState;
use db::stores::Store;
use domain::StoreId;
use domain::return_url::{InvalidReturnUrl, Origin, ReturnUrl};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::app::App;
use crate::tokens::TokenError;

/// A visit to a store's connect form.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) store: Store,
    pub(super) return_url: Option<ReturnUrl>,
}

impl Visit {
    /// Finds the store and checks where the visitor wants to go afterwards.
    pub(super) async fn open(
        app: &App,
        store_id: &str,
        return_url: Option<&str>,
    ) -> Result<Self, Refusal> {
        let store_id: StoreId = store_id.parse().map_err(|_| Refusal::unknown_store())?;
        let store = db::stores::find(&mut app.db.read().await?, store_id).await?;
        let store = store.ok_or_else(Refusal::unknown_store)?;
        let return_url = return_url.map(|text| parse_return_url(app, &store, text));
        let return_url = return_url
            .transpose()
            .map_err(|_| Refusal::bad_return_url())?;
        Ok(Self { store, return_url })
    }

    /// Proves the right to enter this store's keys; answers with the token's id.
    pub(super) async fn permit(&self, app: &App, token: &str) -> Result<Uuid, Refusal> {
        let claims = app
            .tokens
            .verify_connect(token, app.now())
            .map_err(|error| match error {
                TokenError::Expired => Refusal::token_gone(),
                TokenError::Invalid => Refusal::foreign_token(),
            })?;
        if claims.store_id != self.store.id {
            return Err(Refusal::foreign_token());
        }
        let mut conn = app.db.read().await?;
        match db::connect_tokens::state(&mut conn, self.store.id, claims.token_id).await? {
            TokenState::Open => Ok(claims.token_id),
            TokenState::Used => Err(Refusal::token_gone()),
            TokenState::Unknown => Err(Refusal::foreign_token()),
        }
    }

    /// The checked address as text; empty if there is none.
    pub(super) fn return_url_text(&self) -> &str {
        self.return_url.as_ref().map_or("", ReturnUrl::as_str)
    }
}

/// Accepts a URL at one of the deployment's or the store's own origins.
pub(crate) fn parse_return_url(
    app: &App,
    store: &Store,
    text: &str,
) -> Result<ReturnUrl, InvalidReturnUrl> {
    ReturnUrl::parse(text, &return_origins(app, store))
}

/// Where a browser may be sent back to: the deployment's list and the store's own.
pub(crate) fn return_origins(app: &App, store: &Store) -> Vec<Origin> {
    let own = store
        .return_origins
        .iter()
        .filter_map(|text| Origin::parse(text).ok());
    app.settings
        .return_origins
        .iter()
        .cloned()
        .chain(own)
        .collect()
}
