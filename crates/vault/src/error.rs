//! What can go wrong, by what the caller does next. No variant carries a secret, a store or a place.

use std::fmt;

use crate::keys::{KeyId, MAX_KEYS};

/// Why the vault refused. The first three are for the operator at start, the others for one value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no key: refuse to start.
    #[error("VAULT_KEYS is empty; make a key with `tillgate vault new-key`")]
    NoKeys,
    /// More than [`MAX_KEYS`] keys: finish the rotation, drop old ones, start again.
    #[error("VAULT_KEYS holds more than {MAX_KEYS} keys")]
    TooManyKeys,
    /// One key is unusable: refuse to start. The key itself is never repeated.
    #[error("key {position} of VAULT_KEYS {fault}")]
    BadKey {
        /// Which one, counted from 1 as people do.
        position: usize,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// The plaintext is over the limit: refuse the request that brought it.
    #[error("too long to be sealed: at most {max_bytes} bytes")]
    TooLong {
        /// The limit that applies, in bytes.
        max_bytes: usize,
    },
    /// The value was sealed under a key that is not in the ring: the operator must bring that key back.
    /// The id comes from the clear text beside the value, so telling it tells an attacker nothing.
    #[error("sealed under key {0}, which is not in VAULT_KEYS")]
    UnknownKey(KeyId),
    /// Moved, altered, damaged or rolled back: never used, and on purpose not said which.
    #[error("this value cannot be opened here")]
    CannotOpen,
}

/// What is wrong with a key in `VAULT_KEYS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// Not 44 characters of padded url-safe base64.
    Malformed,
    /// Visibly not random: repeated bytes, digits, a short alphabet.
    Weak,
    /// The same key stands earlier in the list.
    Repeated,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not a Fernet key (32 bytes as 44 characters of url-safe base64)",
            Self::Weak => "is not random; make one with `tillgate vault new-key`",
            Self::Repeated => "repeats an earlier one",
        })
    }
}
