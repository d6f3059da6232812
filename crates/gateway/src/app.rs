//! What every handler and worker shares.

use db::Db;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use stripe_http::{Transport, TransportConfig};
use vault::{KeyAge, Vault};

use crate::clock::Clock;
use crate::forwarder;
use crate::forwarder::held::HeldSecrets;
use crate::middleware::rate_limit::RateLimits;
use crate::settings::Settings;
use crate::shield::Shield;
use crate::tokens::TokenKeys;
use crate::webhook::group_commit::InboxWriter;
use crate::webhook::secrets::SigningSecrets;
use crate::webhook::wrong_signatures::WrongSignatures;
use crate::work::WorkState;

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
    /// How fast each store may be asked.
    pub rate_limits: RateLimits,
    /// Keeps those out who try stolen cards.
    pub shield: Shield,
    /// What webhooks may be signed with.
    pub signing_secrets: SigningSecrets,
    /// Webhooks that were refused for their signature, for the health check.
    pub wrong_signatures: WrongSignatures,
    /// Writes webhooks durably, many in one commit.
    pub inbox: InboxWriter,
    /// Signing secrets of the forwarders that run beside a development gateway.
    pub held_secrets: HeldSecrets,
    /// Wakes the workers, and remembers what they need to.
    pub work: WorkState,
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
    /// Opens the database, proves that the vault's keys fit it, and migrates it if the settings say so.
    pub async fn open(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let vault = Vault::from_keys(&settings.vault_keys).map_err(StartError::VaultKeys)?;
        let db = Db::open(settings.database_url.expose_secret()).await?;
        // Before anything is written, the schema included.
        if !db.is_empty().await? {
            let stored = db::facts::get(&mut db.read().await?, VAULT_CHECK).await?;
            if let Some(stored) = stored {
                vault
                    .verify_check_value(&stored)
                    .map_err(StartError::OtherVaultKeys)?;
            }
        }
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
        let mut tx = db.begin().await?;
        let stored = db::facts::get_or_set(&mut tx, VAULT_CHECK, &vault.check_value()).await?;
        tx.commit().await?;
        if vault
            .verify_check_value(&stored)
            .map_err(StartError::OtherVaultKeys)?
            == KeyAge::Older
        {
            tracing::warn!("values sealed with an older key of VAULT_KEYS remain");
        }
        let tokens = TokenKeys::new(std::mem::take(&mut settings.token_keys));
        let inbox = InboxWriter::start(&db);
        let rate_limits = RateLimits::new(settings.rate_limit_scale);
        let shield = Shield::new(settings.rate_limit_scale);
        Ok(Self {
            settings,
            db,
            vault,
            stripe,
            tokens,
            clock,
            rate_limits,
            shield,
            inbox,
            held_secrets: HeldSecrets::default(),
            work: WorkState::default(),
            signing_secrets: SigningSecrets::default(),
            wrong_signatures: WrongSignatures::default(),
        })
    }

    /// Whether a stand-in for Stripe is asked, such as the sandbox, and not Stripe.
    pub fn asks_stand_in(&self) -> bool {
        !forwarder::is_stripe(self.stripe.api_base())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
