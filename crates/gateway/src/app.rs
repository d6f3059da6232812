//! What every handler and worker shares.

use db::Db;
use jiff::Timestamp;
use secrecy::SecretString;
use stripe_http::{Transport, TransportConfig};
use tokio::sync::Notify;
use vault::{KeyAge, Vault};

use crate::clock::Clock;
use crate::settings::Settings;
use crate::tokens::TokenKeys;
use crate::webhook::group_commit::InboxWriter;

/// The application: settings, storage, vault, the keyless way to Stripe, and the clock.
pub struct App {
    /// What the operator set.
    pub settings: Settings,
    /// Storage.
    pub db: Db,
    /// Secrets at rest.
    pub vault: Vault,
    /// The way to Stripe; holds no key.
    pub stripe: Transport,
    /// Signs capability tokens.
    pub tokens: TokenKeys,
    /// Now.
    pub clock: Clock,
    /// Writes webhooks durably, many in one commit.
    pub inbox: InboxWriter,
    /// Wakes the worker when there is something to do.
    pub work: Notify,
}

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `VAULT_KEYS` are not keys.
    #[error("VAULT_KEYS cannot be used")]
    VaultKeys(#[source] vault::VaultError),
    /// The database holds values that these keys did not seal.
    #[error("VAULT_KEYS are not the keys that this database was sealed with; nothing was changed")]
    OtherVaultKeys(#[source] vault::VaultError),
    /// The database does not answer or is broken.
    #[error("the database at DATABASE_URL cannot be used")]
    Database(#[from] db::DbError),
    /// The address of Stripe is not acceptable.
    #[error("STRIPE_API_BASE cannot be used")]
    Stripe(#[from] stripe_http::ConfigError),
    /// The schema is older than this binary and `MIGRATE_ON_START` is off.
    #[error("the database's schema is older than this program: run `tillgate migrate`")]
    NotMigrated,
}

/// The deployment fact under which the vault's check value is kept.
const VAULT_CHECK: &str = "vault_check";

impl App {
    /// Opens the database, migrates it if the settings say so, and proves that the vault's keys fit it.
    pub async fn open(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let database_url = secrecy::ExposeSecret::expose_secret(&settings.database_url).to_owned();
        let db = Db::open(&database_url).await?;
        if settings.migrate_on_start {
            for version in db.migrate(db::migrate::Direction::Up).await? {
                tracing::info!(version, "applied a migration");
            }
        } else if !db.is_migrated().await? {
            return Err(StartError::NotMigrated);
        }
        let stripe = Transport::new(TransportConfig {
            api_base: settings.stripe_api_base.clone(),
            ..TransportConfig::default()
        })?;
        Self::assemble(settings, db, stripe, clock).await
    }

    /// As [`App::open`], on a database that is open and migrated already.
    pub async fn assemble(
        mut settings: Settings,
        db: Db,
        stripe: Transport,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let keys = std::mem::replace(&mut settings.vault_keys, SecretString::from(""));
        let vault = Vault::from_keys(&keys).map_err(StartError::VaultKeys)?;
        check_vault(&db, &vault).await?;
        let tokens = TokenKeys::new(std::mem::take(&mut settings.token_keys));
        let inbox = InboxWriter::start(db.clone());
        Ok(Self {
            settings,
            db,
            vault,
            stripe,
            tokens,
            clock,
            inbox,
            work: Notify::new(),
        })
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Refuses to start with keys that cannot open what is stored, before anything is written with them.
async fn check_vault(db: &Db, vault: &Vault) -> Result<(), StartError> {
    let mut tx = db.begin().await?;
    let stored = db::facts::get_or_set(&mut tx, VAULT_CHECK, &vault.check_value()).await?;
    tx.commit().await?;
    match vault.verify_check_value(&stored) {
        Ok(KeyAge::Newest) => Ok(()),
        Ok(KeyAge::Older) => {
            tracing::warn!("values sealed with an older key of VAULT_KEYS remain");
            Ok(())
        }
        Err(error) => Err(StartError::OtherVaultKeys(error)),
    }
}
