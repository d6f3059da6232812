//! Personal data of shoppers: AES-256-GCM (NIST SP 800-38D), bound to store, table, column and row.

use aes_gcm::aead::Generate;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::AeadInOut};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::derive::Key;
use crate::{PersonalField, VaultError};

/// Longest piece of personal data, in bytes: the body of the largest event that is accepted from Stripe.
pub const MAX_PERSONAL_BYTES: usize = 1024 * 1024;

/// Names the format, so that another can stand beside it one day.
const PREFIX: &str = "tgp1.";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const MAX_TOKEN_BYTES: usize =
    PREFIX.len() + (NONCE_BYTES + MAX_PERSONAL_BYTES + TAG_BYTES).div_ceil(3) * 4;

/// Seals to `tgp1.` and base64url(nonce, ciphertext, tag). The nonce is random: one store's key may seal 2^32
/// values before two nonces are likely enough to meet to matter (SP 800-38D §8.3).
pub(crate) fn seal(
    master: &Key,
    field: &PersonalField<'_>,
    plaintext: &[u8],
) -> Result<String, VaultError> {
    const TOO_LONG: VaultError = VaultError::TooLong {
        max_bytes: MAX_PERSONAL_BYTES,
    };
    if plaintext.len() > MAX_PERSONAL_BYTES {
        return Err(TOO_LONG);
    }
    let nonce = Nonce::generate();
    // Room for the tag from the start: growing would leave a copy of the plaintext behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG_BYTES));
    buffer.extend_from_slice(plaintext);
    cipher(master, field)
        .encrypt_in_place(&nonce, &field.associated_data(), &mut *buffer)
        .map_err(|_| TOO_LONG)?;
    Ok(format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &buffer].concat())
    ))
}

/// Opens what [`seal`] made for the same field.
pub(crate) fn open(
    master: &Key,
    field: &PersonalField<'_>,
    token: &str,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(VaultError::CannotOpen);
    }
    let encoded = token.strip_prefix(PREFIX).ok_or(VaultError::CannotOpen)?;
    let raw = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| VaultError::CannotOpen)?;
    let (nonce, sealed) = raw
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(VaultError::CannotOpen)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    cipher(master, field)
        .decrypt_in_place(&Nonce::from(*nonce), &field.associated_data(), &mut *buffer)
        .map_err(|_| VaultError::CannotOpen)?;
    Ok(buffer)
}

fn cipher(master: &Key, field: &PersonalField<'_>) -> Aes256Gcm {
    Aes256Gcm::new(field.key(master).expose_secret().into())
}
