//! Connects a store to a Stripe account: check, ask Stripe, store in one transaction.

use db::connection_jobs::{self, ClaimedJob, Job};
use db::connections::NewConnection;
use db::stores::StoreChanges;
use db::webhook_secrets::{NewSecret, WebhookSecret};
use db::{Conn, DbError, Tx};
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use stripe_http::account::Account;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use vault::VaultError;

use super::account_change::{self, AccountChange, Unconfirmed};
use super::permissions;
use super::proof::{self, Proven};
use super::shape::{self, Accepted, FormErrors};
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;
use crate::work;

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
    /// What happens where another account is connected in this mode.
    pub account_change: AccountChange,
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
    /// Another account is connected in this mode, and nobody has agreed to replace it.
    #[error("another account is connected in this mode")]
    OtherAccount(Unconfirmed),
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
    let proven = proof::ask(app, &input, mode).await?;
    let health = store(app, store_id, mode, &proven, &input).await?;
    app.signing_secrets.forget(store_id);
    let account = &proven.account;
    // Events may have waited for a key that works; the account is to be looked after at once.
    app.work.wake(store_id);
    app.work.wake_jobs();
    // The store is connected, whatever becomes of its webhook.
    work::health::after_connect(app, &health).await;
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
    proven: &Proven,
    input: &ConnectInput,
) -> Result<ClaimedJob, ConnectError> {
    let account = &proven.account;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Writing the store's row first makes everybody else who connects this store wait for this transaction.
    let locked = db::stores::update(&mut tx, store_id, StoreChanges::default(), now).await?;
    locked.ok_or_else(|| ApiError::not_found("store"))?;
    let current = db::connections::find(&mut tx, store_id, mode).await?;
    let change = &input.account_change;
    let replaced = match account_change::check(current.as_ref(), account.id.as_str(), change) {
        Ok(replaced) => replaced,
        Err(unconfirmed) => {
            tx.rollback().await?;
            return Err(ConnectError::OtherAccount(unconfirmed));
        }
    };
    if let Some(token_id) = input.token_id
        && !db::connect_tokens::use_up(&mut tx, store_id, token_id, now).await?
    {
        return Err(ConnectError::TokenUsed);
    }
    put_connection(app, &mut tx, store_id, mode, account, input, now).await?;
    note_problems(&mut tx, store_id, mode, proven, now).await?;
    if let Some(secret) = &input.webhook_secret {
        let pasted = Signing {
            account_id: account.id.as_str(),
            endpoint_id: None,
            secret,
        };
        add_webhook_secret(app, &mut tx, store_id, mode, pasted).await?;
    }
    let account_id = account.id.as_str();
    connection_jobs::schedule(&mut tx, store_id, mode, account_id, Job::Reconcile, now).await?;
    // Ours until we have set up the webhook.
    let lease_until = now + work::health::LEASE;
    let health = connection_jobs::take(
        &mut tx,
        store_id,
        mode,
        account_id,
        Job::Health,
        lease_until,
    )
    .await?;
    db::stores::activate_first_mode(&mut tx, store_id, mode).await?;
    db::inbox::resume_waiting(&mut tx, store_id, mode, now).await?;
    let actor = input
        .token_id
        .map_or_else(|| "operator".to_owned(), |id| format!("connect_token {id}"));
    if let Some(replaced) = replaced {
        let subject = format!("{mode} {replaced} -> {}", account.id);
        let action = "connect.account_changed";
        db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    }
    db::audit::record(
        &mut tx,
        store_id,
        &actor,
        "connect.keys_stored",
        mode.as_str(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(health)
}

/// What these keys have shown about their connection; the rest is found by its health check.
async fn note_problems(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    proven: &Proven,
    now: Timestamp,
) -> Result<(), ApiError> {
    let account_id = proven.account.id.as_str();
    permissions::record(conn, store_id, mode, account_id, &proven.permissions, now).await?;
    let refused = ConnectionProblem::KeyRefused;
    db::connection_problems::resolve(conn, store_id, mode, account_id, refused).await?;
    Ok(())
}

async fn put_connection(
    app: &App,
    tx: &mut Tx,
    store_id: StoreId,
    mode: Mode,
    account: &Account,
    input: &ConnectInput,
    now: Timestamp,
) -> Result<(), ConnectError> {
    let secret_version = db::connections::next_version(tx, store_id, mode).await?;
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
        is_stand_in: app.asks_stand_in(),
    };
    Ok(db::connections::put(tx, store_id, new, now).await?)
}

/// A signing secret of an endpoint.
pub(crate) struct Signing<'a> {
    /// The account whose events it signs.
    pub account_id: &'a str,
    /// Our endpoint there; `None` where a person pasted the secret.
    pub endpoint_id: Option<&'a str>,
    /// `whsec_…`
    pub secret: &'a SecretString,
}

/// Seals and stores a signing secret; older ones of the account stay valid for the overlap. One that is stored already is the
/// newest from now on, and gets no second row.
pub(crate) async fn add_webhook_secret(
    app: &App,
    tx: &mut Tx,
    store_id: StoreId,
    mode: Mode,
    signing: Signing<'_>,
) -> Result<(), ApiError> {
    let now = app.now();
    let overlap_until = now
        .saturating_add(app.settings.webhook_secret_overlap)
        .unwrap_or(Timestamp::MAX);
    if let Some(known) = find_same(app, tx, store_id, mode, &signing).await? {
        if known.expires_at.is_some() {
            let (account_id, version) = (signing.account_id, known.version);
            let until = overlap_until;
            db::webhook_secrets::make_newest(tx, store_id, mode, account_id, version, until)
                .await?;
        }
        return Ok(());
    }
    let version = db::webhook_secrets::next_version(tx, store_id, mode).await?;
    let new = NewSecret {
        version,
        account_id: signing.account_id,
        endpoint_id: signing.endpoint_id,
        secret: sealing::seal_webhook_secret(&app.vault, store_id, mode, version, signing.secret)?,
    };
    Ok(db::webhook_secrets::add(tx, store_id, mode, new, overlap_until, now).await?)
}

/// The same secret of the same account, where it is stored and still valid.
async fn find_same(
    app: &App,
    tx: &mut Tx,
    store_id: StoreId,
    mode: Mode,
    signing: &Signing<'_>,
) -> Result<Option<WebhookSecret>, ApiError> {
    let secret = signing.secret.expose_secret().as_bytes();
    let valid = db::webhook_secrets::list_valid(tx, store_id, app.now()).await?;
    let mut of_account = valid
        .into_iter()
        .filter(|known| known.mode == mode && known.account_id == signing.account_id)
        .filter(|known| {
            // Who pastes the secret of our endpoint brings nothing new; one of ours is not told by a pasted one.
            let is_ours_now = known.endpoint_id.is_some() && known.expires_at.is_none();
            known.endpoint_id.as_deref() == signing.endpoint_id
                || (signing.endpoint_id.is_none() && is_ours_now)
        });
    Ok(of_account.find(|known| {
        let (version, sealed) = (known.version, known.sealed());
        // One that does not open is another one: the new one is stored beside it.
        sealing::open_webhook_secret(&app.vault, store_id, mode, version, sealed)
            .is_ok_and(|known| bool::from(known.expose_secret().as_bytes().ct_eq(secret)))
    }))
}
