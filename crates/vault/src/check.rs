//! The check value: stored once beside the data, so that a start with other keys is refused before it writes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::VaultError;
use crate::derive::derive;
use crate::keys::{KeyRing, MasterKey};

const PREFIX: &str = "tgc1";

/// Which key of the ring a check value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAge {
    /// The newest: nothing to do.
    Newest,
    /// An older one, still in the ring: store a new check value when rotation has left no row on it.
    Older,
}

/// `tgc1.<key id>.<32 derived bytes as base64url>`: proves the key and does not lead back to it.
pub(crate) fn value(master: &MasterKey) -> String {
    let proof = derive(&master.key, &[b"tillgate/v1/check-value"]);
    format!(
        "{PREFIX}.{}.{}",
        master.id,
        URL_SAFE_NO_PAD.encode(proof.expose_secret())
    )
}

/// Compares with what the ring's key of that id gives.
pub(crate) fn verify(ring: &KeyRing, stored: &str) -> Result<KeyAge, VaultError> {
    let mut parts = stored.split('.');
    let (Some(PREFIX), Some(key_id)) = (parts.next(), parts.next()) else {
        return Err(VaultError::CannotOpen);
    };
    let master = ring.find(key_id)?;
    if !bool::from(value(master).as_bytes().ct_eq(stored.as_bytes())) {
        return Err(VaultError::CannotOpen);
    }
    Ok(if master.id == ring.newest.id {
        KeyAge::Newest
    } else {
        KeyAge::Older
    })
}
