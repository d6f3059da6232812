//! API keys: whose they are, what they may do, and until when.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::state::LedgerKey;
use crate::v1::Caller;
use crate::v1::permissions::Permissions;

/// More than any test needs; a bound on what the control API can fill.
const MAX_KEYS: usize = 50_000;

/// One key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) ledger: LedgerKey,
    pub(crate) caller: Caller,
    /// Only a restricted key with chosen permissions has them.
    pub(crate) permissions: Option<Permissions>,
    /// Seconds since 1970 from when on it is expired.
    pub(crate) expires: Option<i64>,
}

/// All keys of all accounts. An expired one stays known: Stripe says that it is expired.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Keys(HashMap<String, ApiKey>);

impl ApiKey {
    pub(crate) fn new(ledger: LedgerKey, caller: Caller) -> Self {
        Self {
            ledger,
            caller,
            permissions: None,
            expires: None,
        }
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl Keys {
    /// Adds a key; false if it is known already or there are too many.
    pub(crate) fn add(&mut self, text: String, key: ApiKey) -> bool {
        let room = self.0.len() < MAX_KEYS && !self.0.contains_key(&text);
        if room {
            self.0.insert(text, key);
        }
        room
    }

    /// Gives a restricted key of this account other permissions; false if it has none such.
    pub(crate) fn change_permissions(&mut self, text: &str, to: &ApiKey) -> bool {
        let restricted = self.0.get_mut(text).filter(|key| {
            key.ledger == to.ledger && key.permissions.is_some() && to.permissions.is_some()
        });
        restricted
            .map(|key| key.permissions.clone_from(&to.permissions))
            .is_some()
    }

    pub(crate) fn knows(&self, text: &str) -> bool {
        self.0.contains_key(text)
    }

    pub(crate) fn get(&self, text: &str) -> Option<&ApiKey> {
        self.0.get(text)
    }

    pub(crate) fn get_mut(&mut self, text: &str) -> Option<&mut ApiKey> {
        self.0.get_mut(text)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &ApiKey)> {
        self.0.iter()
    }
}
