//! Hands a forwarder's signing secret to a gateway in another process: sealed, beside the store's own ones, and for a
//! few minutes at a time, so that nothing is left when the forwarder ends in whatever way.

use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// As long as a loan lasts that nobody extends.
const LASTS: SignedDuration = SignedDuration::from_mins(5);

/// A secret that the gateways on this database accept for now.
#[derive(Debug)]
pub struct Loan {
    store_id: StoreId,
    version: i64,
}

impl Loan {
    /// Lends it to the store; `None` if the account is no longer the store's.
    pub async fn begin(
        app: &App,
        store_id: StoreId,
        account_id: &str,
        secret: &SecretString,
    ) -> Result<Option<Self>, ApiError> {
        let now = app.now();
        let mut tx = app.db.begin().await?;
        // Whoever connects this store meanwhile waits for this transaction.
        db::stores::update(&mut tx, store_id, db::stores::StoreChanges::default(), now).await?;
        let connection = db::connections::find(&mut tx, store_id, Mode::Test).await?;
        if connection.is_none_or(|connection| connection.account_id != account_id) {
            return Ok(None);
        }
        let version = db::webhook_secrets::next_version(&mut tx, store_id, Mode::Test).await?;
        let new = db::webhook_secrets::NewSecret {
            version,
            account_id,
            endpoint_id: None,
            secret: sealing::seal_webhook_secret(
                &app.vault,
                store_id,
                Mode::Test,
                version,
                secret,
            )?,
        };
        db::webhook_secrets::lend(&mut tx, store_id, Mode::Test, new, end(now), now).await?;
        db::audit::record(
            &mut tx,
            store_id,
            "operator",
            "webhook.secret_lent",
            Mode::Test.as_str(),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(Some(Self { store_id, version }))
    }

    /// Lets it last longer; `false` if it is over.
    pub async fn extend(&self, app: &App) -> Result<bool, ApiError> {
        self.until(app, end(app.now())).await
    }

    /// Takes it back.
    pub async fn end(self, app: &App) -> Result<(), ApiError> {
        self.until(app, app.now()).await?;
        Ok(())
    }

    async fn until(&self, app: &App, expires_at: Timestamp) -> Result<bool, ApiError> {
        let now = app.now();
        let mut tx = app.db.begin().await?;
        let lasts = db::webhook_secrets::extend_loan(
            &mut tx,
            self.store_id,
            Mode::Test,
            self.version,
            expires_at,
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(lasts)
    }
}

fn end(now: Timestamp) -> Timestamp {
    now.saturating_add(LASTS).unwrap_or(Timestamp::MAX)
}
