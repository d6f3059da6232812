//! Fernet under one derived key, made strict: one spelling per token, and no clock.

use fernet::Fernet;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::derive::Key;
use crate::keys::encode_key;

/// Longest secret that is sealed, in bytes. The longest is a kept API answer: a page of a hundred orders
/// stays well under this.
pub const MAX_SECRET_BYTES: usize = 256 * 1024;

/// The longest token that can come of it: version, time, IV, padded text and MAC, in base64.
const MAX_TOKEN_BYTES: usize = (1 + 8 + 16 + (MAX_SECRET_BYTES / 16 + 1) * 16 + 32).div_ceil(3) * 4;

/// "Now" for opening. A kept secret has no age, but `Fernet::decrypt` refuses tokens from over 60 s ahead of
/// the clock: a clock that was set back, or two gateways a minute apart, would make a store's keys unreadable.
/// Python's `decrypt` without `ttl` does not look at the time either. Halved, because the crate adds to it.
const END_OF_TIME_S: u64 = u64::MAX / 2;

/// The Fernet key of one place.
pub(crate) struct TokenKey(Fernet);

impl TokenKey {
    #[expect(clippy::expect_used, reason = "every 32 bytes are a Fernet key")]
    pub(crate) fn new(key: &Key) -> Self {
        Self(Fernet::new(&encode_key(key.expose_secret())).expect("32 bytes"))
    }

    pub(crate) fn seal(&self, plaintext: &[u8]) -> Result<String, VaultError> {
        if plaintext.len() > MAX_SECRET_BYTES {
            return Err(VaultError::TooLong {
                max_bytes: MAX_SECRET_BYTES,
            });
        }
        Ok(self.0.encrypt(plaintext))
    }

    /// The crate takes tokens with missing or surplus padding; we take only what sealing writes.
    pub(crate) fn open(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        if token.len() > MAX_TOKEN_BYTES || !token.len().is_multiple_of(4) || token.ends_with("===")
        {
            return Err(VaultError::CannotOpen);
        }
        // Never with a ttl: the crate would add it to the token's own time before checking the MAC, and overflow.
        let plaintext = self.0.decrypt_at_time(token, None, END_OF_TIME_S);
        plaintext
            .map(Zeroizing::new)
            .map_err(|_| VaultError::CannotOpen)
    }
}

#[cfg(test)]
#[path = "token_vectors.rs"]
mod vectors;
