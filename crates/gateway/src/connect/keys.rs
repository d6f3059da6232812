//! Connects a store to a Stripe account: check, ask Stripe, store in one transaction.

use db::connections::NewConnection;
use db::stores::StoreChanges;
use db::{DbError, Tx};
use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use stripe_http::account::Account;
use uuid::Uuid;
use vault::VaultError;

use super::proof;
use super::shape::{self, Accepted, FormErrors};
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// A signing secret that was rolled stays valid this long: Stripe signs with both for at most 24 hours ("Roll
/// endpoint secrets").
const ROLL_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// What a merchant entered, trimmed.
#[derive(Debug)]
pub struct ConnectInput {
    /// `pk_…`
    pub publishable_key: String,
    /// `sk_…` or `rk_…`
    pub secret_key: SecretString,
    /// `whsec_…`; without one, those of the same account stay.
    pub webhook_secret: Option<SecretString>,
    /// The connect token that permits this, to be used up; `None` for the operator.
    pub token_id: Option<Uuid>,
}

/// What is connected now.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The keys' mode.
    pub mode: Mode,
    /// Stripe's `acct_…`.
    pub account_id: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The form must be mended.
    #[error("the keys were refused")]
    Refused(Box<FormErrors>),
    /// Somebody else used the connect token first.
    #[error("the connect token has been used")]
    TokenUsed,
    /// Stripe could not say whether the keys work: try again.
    #[error("Stripe could not be asked")]
    Stripe(#[source] stripe_http::Error),
    /// The keys could not be stored.
    #[error("the keys could not be stored")]
    Storage(#[from] ApiError),
}

impl ConnectError {
    pub(super) fn refused(errors: FormErrors) -> Self {
        Self::Refused(Box::new(errors))
    }
}

impl From<DbError> for ConnectError {
    fn from(error: DbError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<VaultError> for ConnectError {
    fn from(error: VaultError) -> Self {
        Self::Storage(error.into())
    }
}

/// Connects the store, replacing what its mode had before; on any error everything stays as it was.
pub async fn connect(
    app: &App,
    store_id: StoreId,
    input: ConnectInput,
) -> Result<Connected, ConnectError> {
    let accepted = if app.settings.require_live_keys {
        Accepted::LiveOnly
    } else {
        Accepted::BothModes
    };
    let mode = shape::check(&input, accepted).map_err(ConnectError::refused)?;
    let account = proof::ask(app, &input, mode).await?;
    store(app, store_id, mode, &account, &input).await?;
    // Events may have waited for a key that works.
    app.work.notify_one();
    tracing::info!(%store_id, %mode, account_id = %account.id, "connected");
    Ok(Connected {
        mode,
        account_id: account.id.to_string(),
    })
}

async fn store(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    account: &Account,
    input: &ConnectInput,
) -> Result<(), ConnectError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Writing the store's row first makes everybody else who connects this store wait for this transaction.
    let locked = db::stores::update(&mut tx, store_id, StoreChanges::default(), now).await?;
    locked.ok_or_else(|| ApiError::not_found("store"))?;
    if let Some(token_id) = input.token_id
        && !db::connect_tokens::use_up(&mut tx, store_id, token_id, now).await?
    {
        return Err(ConnectError::TokenUsed);
    }
    let same_account = put_connection(app, &mut tx, store_id, mode, account, input, now).await?;
    if !same_account {
        db::webhook_secrets::end_all(&mut tx, store_id, mode, now).await?;
    }
    if let Some(secret) = &input.webhook_secret {
        add_webhook_secret(app, &mut tx, store_id, mode, secret, now).await?;
    }
    db::stores::activate_first_mode(&mut tx, store_id, mode).await?;
    db::inbox::resume_waiting(&mut tx, store_id, mode, now).await?;
    let actor = input
        .token_id
        .map_or_else(|| "operator".to_owned(), |id| format!("connect_token {id}"));
    db::audit::record(
        &mut tx,
        store_id,
        &actor,
        "connect.keys_stored",
        mode.as_str(),
        now,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Answers whether the account is the one that was connected before, if one was.
async fn put_connection(
    app: &App,
    tx: &mut Tx,
    store_id: StoreId,
    mode: Mode,
    account: &Account,
    input: &ConnectInput,
    now: Timestamp,
) -> Result<bool, ConnectError> {
    let before = db::connections::find(tx, store_id, mode).await?;
    let secret_version = before
        .as_ref()
        .map_or(0, |connection| connection.secret_version)
        + 1;
    let new = NewConnection {
        mode,
        account_id: account.id.to_string(),
        publishable_key: input.publishable_key.clone(),
        country: account.country.clone(),
        default_currency: account.default_currency.clone(),
        charges_enabled: account.charges_enabled,
        secret_version,
        secret: sealing::seal_secret_key(
            &app.vault,
            store_id,
            mode,
            secret_version,
            &input.secret_key,
        )?,
    };
    let same_account = before.is_none_or(|connection| connection.account_id == new.account_id);
    db::connections::put(tx, store_id, new, now).await?;
    Ok(same_account)
}

async fn add_webhook_secret(
    app: &App,
    tx: &mut Tx,
    store_id: StoreId,
    mode: Mode,
    secret: &SecretString,
    now: Timestamp,
) -> Result<(), ConnectError> {
    let version = db::webhook_secrets::next_version(tx, store_id, mode).await?;
    let sealed = sealing::seal_webhook_secret(&app.vault, store_id, mode, version, secret)?;
    let overlap_until = now.saturating_add(ROLL_OVERLAP).unwrap_or(Timestamp::MAX);
    Ok(db::webhook_secrets::add(tx, store_id, mode, version, sealed, overlap_until, now).await?)
}
