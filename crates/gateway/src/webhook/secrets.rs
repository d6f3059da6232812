//! The stores' signing secrets, opened and kept in memory for some seconds: a webhook costs no question to the database.
//!
//! What another gateway adds works at once, because a signature that fits nothing makes us look again. What another
//! gateway takes away works for at most five seconds longer; what this one changes, for no moment ([`SigningSecrets::forget`]).
//! Expiry is held against the clock at every use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use db::webhook_secrets::WebhookSecret;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use secrecy::SecretString;
use vault::Vault;

use super::lookup::Lookup;
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// How long secrets are believed without looking again.
const KEEP: Duration = Duration::from_secs(5);
/// The pause between two looks that wrong signatures cause, for each store.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Stores in memory; each takes about 500 bytes.
const MAX_STORES: usize = 16_384;
/// Stores that share a lock while they are read: some webhooks of one store at once ask once.
const LOCKS: usize = 64;

/// Whose events a secret signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signer {
    /// The connection's mode.
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
}

/// A secret, open.
pub(super) struct SigningSecret {
    pub(super) signer: Signer,
    pub(super) secret: SecretString,
    expires_at: Option<Timestamp>,
}

impl SigningSecret {
    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// What was found for a store, and when.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) secrets: Arc<[SigningSecret]>,
    read_at: Instant,
    /// When a wrong signature made us look last.
    looked_again_at: Option<Instant>,
}

/// The secrets of the stores that were heard of lately. Stores that do not exist are not kept.
pub struct SigningSecrets {
    stores: Mutex<HashMap<StoreId, Known>>,
    reading: [tokio::sync::Mutex<()>; LOCKS],
    lookup: Lookup,
    /// Counts [`SigningSecrets::forget`]: what was read before must not be kept after.
    changes: AtomicU64,
}

impl Default for SigningSecrets {
    fn default() -> Self {
        Self {
            stores: Mutex::default(),
            reading: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            lookup: Lookup::default(),
            changes: AtomicU64::default(),
        }
    }
}

impl SigningSecrets {
    /// Reads the store's secrets anew at the next webhook. To be called after every commit that changes them.
    pub fn forget(&self, store_id: StoreId) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.lock().remove(&store_id);
    }

    /// The store's secrets, read at most [`KEEP`] ago; `None` if there is no such store.
    pub(super) async fn of_store(
        &self,
        app: &App,
        store_id: StoreId,
    ) -> Result<Option<Known>, ApiError> {
        match self.fresh(store_id) {
            Some(known) => Ok(Some(known)),
            None => self.read(app, store_id).await,
        }
    }

    /// The store's secrets as they are now. A flood of wrong signatures shares its looks: each waits for the next one.
    pub(super) async fn newer(
        &self,
        app: &App,
        store_id: StoreId,
    ) -> Result<Option<Known>, ApiError> {
        let asked_at = Instant::now();
        let _reading = self.reading(store_id).lock().await;
        let newest = self.kept(store_id);
        if let Some(newest) = &newest
            && newest.read_at > asked_at
        {
            return Ok(Some(newest.clone()));
        }
        if let Some(last) = newest.and_then(|newest| newest.looked_again_at) {
            tokio::time::sleep(LOOK_AGAIN.saturating_sub(last.elapsed())).await;
        }
        self.look(app, store_id, Some(Instant::now())).await
    }

    /// Reads the store's secrets, unless somebody else just did.
    async fn read(&self, app: &App, store_id: StoreId) -> Result<Option<Known>, ApiError> {
        let _reading = self.reading(store_id).lock().await;
        match self.fresh(store_id) {
            Some(known) => Ok(Some(known)),
            None => self.look(app, store_id, None).await,
        }
    }

    async fn look(
        &self,
        app: &App,
        store_id: StoreId,
        looked_again_at: Option<Instant>,
    ) -> Result<Option<Known>, ApiError> {
        let changes = self.changes.load(Ordering::SeqCst);
        let found = self.lookup.ask(app, store_id).await?;
        let Some(stored) = found.secrets else {
            return Ok(None);
        };
        let known = Known {
            secrets: open(&app.vault, store_id, stored)?,
            read_at: found.read_at,
            looked_again_at,
        };
        self.keep(store_id, &known, changes);
        Ok(Some(known))
    }

    fn fresh(&self, store_id: StoreId) -> Option<Known> {
        let known = self.kept(store_id);
        known.filter(|known| known.read_at.elapsed() < KEEP)
    }

    fn kept(&self, store_id: StoreId) -> Option<Known> {
        self.lock().get(&store_id).cloned()
    }

    fn keep(&self, store_id: StoreId, known: &Known, changes: u64) {
        let mut stores = self.lock();
        if self.changes.load(Ordering::SeqCst) != changes {
            return;
        }
        if stores.len() >= MAX_STORES {
            stores.retain(|_, known| known.read_at.elapsed() < KEEP);
        }
        if stores.len() >= MAX_STORES {
            stores.clear();
        }
        stores.insert(store_id, known.clone());
    }

    fn reading(&self, store_id: StoreId) -> &tokio::sync::Mutex<()> {
        // Ids are random in their last bits.
        let place = store_id.as_uuid().as_u128() % LOCKS as u128;
        &self.reading[usize::try_from(place).unwrap_or_default()]
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreId, Known>> {
        // Every change is one call on the map: a panic leaves it whole.
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those that open; an error only if none does. One that was damaged must not silence the others.
fn open(
    vault: &Vault,
    store_id: StoreId,
    stored: Vec<WebhookSecret>,
) -> Result<Arc<[SigningSecret]>, ApiError> {
    let mut opened = Vec::with_capacity(stored.len());
    let mut failure = None;
    for stored in stored {
        let (mode, version) = (stored.mode, stored.version);
        match sealing::open_webhook_secret(vault, store_id, mode, version, stored.sealed()) {
            Ok(secret) => opened.push(SigningSecret {
                secret,
                expires_at: stored.expires_at,
                signer: Signer {
                    mode,
                    account_id: stored.account_id,
                },
            }),
            Err(error) => {
                tracing::error!(%store_id, %mode, version, %error, "a signing secret cannot be opened");
                failure = Some(error);
            }
        }
    }
    match failure {
        Some(error) if opened.is_empty() => Err(error.into()),
        _ => Ok(opened.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(age: Duration) -> Known {
        Known {
            secrets: Arc::new([]),
            read_at: Instant::now().checked_sub(age).unwrap(),
            looked_again_at: None,
        }
    }

    fn filled(age: Duration) -> SigningSecrets {
        let secrets = SigningSecrets::default();
        let known = known(age);
        for _ in 0..MAX_STORES {
            secrets.keep(StoreId::generate(), &known, 0);
        }
        assert_eq!(secrets.lock().len(), MAX_STORES);
        secrets
    }

    #[test]
    fn as_many_stores_as_there_is_room_for_are_kept_in_memory() {
        for age in [Duration::ZERO, KEEP] {
            let secrets = filled(age);
            let store_id = StoreId::generate();
            secrets.keep(store_id, &known(Duration::ZERO), 0);
            assert!(secrets.kept(store_id).is_some());
            assert_eq!(secrets.lock().len(), 1);
        }
    }

    #[test]
    fn those_that_are_fresh_stay_when_old_ones_go() {
        let secrets = filled(KEEP);
        let fresh = *secrets.lock().keys().next().unwrap();
        secrets.lock().insert(fresh, known(Duration::ZERO));
        secrets.keep(StoreId::generate(), &known(Duration::ZERO), 0);
        assert!(secrets.fresh(fresh).is_some());
        assert_eq!(secrets.lock().len(), 2);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (secrets, store_id) = (SigningSecrets::default(), StoreId::generate());
        let changes = secrets.changes.load(Ordering::SeqCst);
        secrets.forget(store_id);
        secrets.keep(store_id, &known(Duration::ZERO), changes);
        assert!(secrets.kept(store_id).is_none());
    }
}
