//! The signing secrets that `stripe listen` told: in memory only, gone with the process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{Mode, StoreId};
use secrecy::SecretString;

/// Signing secrets of running forwarders, by store. They sign test events only.
#[derive(Default)]
pub struct HeldSecrets(Mutex<HashMap<StoreId, Held>>);

struct Held {
    /// The account that the forwarder was started for.
    account_id: String,
    secret: SecretString,
}

impl HeldSecrets {
    /// Holds the secret of a store's forwarder, in place of an earlier one.
    pub fn hold(&self, store_id: StoreId, account_id: String, secret: SecretString) {
        self.lock().insert(store_id, Held { account_id, secret });
    }

    /// Forgets the store's secret.
    pub fn forget(&self, store_id: StoreId) {
        self.lock().remove(&store_id);
    }

    /// The secret that may sign the store's events now, and whose events those are.
    pub fn of_store(&self, store_id: StoreId) -> Option<(Mode, String, SecretString)> {
        let held = self.lock();
        let held = held.get(&store_id)?;
        Some((Mode::Test, held.account_id.clone(), held.secret.clone()))
    }

    /// Whether a forwarder beside this gateway brings the account's events.
    pub fn serves(&self, store_id: StoreId, mode: Mode, account_id: &str) -> bool {
        let held = self.lock();
        mode == Mode::Test
            && held
                .get(&store_id)
                .is_some_and(|held| held.account_id == account_id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<StoreId, Held>> {
        // Every change is one call on the map: a panic leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
