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
/// The first text of the associated data: what is sealed in one form does not open in the other.
const TEXT: &[u8] = b"tillgate/v1/personal";
const BYTES: &[u8] = b"tillgate/v1/personal-bytes";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const MAX_TOKEN_BYTES: usize =
    PREFIX.len() + (NONCE_BYTES + MAX_PERSONAL_BYTES + TAG_BYTES).div_ceil(3) * 4;

/// Most bytes that are sealed as bytes: a caller that packs the longest piece may add this much to it.
pub const MAX_PACKED_BYTES: usize = MAX_PERSONAL_BYTES + 64;

/// The first of sealed bytes. No token begins with it, so that a column may hold both.
const BYTES_FORMAT: u8 = 1;

/// Seals to `tgp1.` and base64url(nonce, ciphertext, tag). The nonce is random: one store's key may seal 2^32
/// values before two nonces are likely enough to meet to matter (SP 800-38D §8.3).
pub(crate) fn seal(
    master: &Key,
    field: &PersonalField<'_>,
    plaintext: &[u8],
) -> Result<String, VaultError> {
    bounded(plaintext, MAX_PERSONAL_BYTES)?;
    let aad = field.associated_data(TEXT);
    let raw = encrypt(master, field, &aad, &[], plaintext)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(raw)))
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
    decrypt(master, field, &field.associated_data(TEXT), &raw)
}

/// As [`seal`], to the byte 1, nonce, ciphertext and tag: a quarter shorter, for what is long and many.
pub(crate) fn seal_bytes(
    master: &Key,
    field: &PersonalField<'_>,
    plaintext: &[u8],
) -> Result<Vec<u8>, VaultError> {
    bounded(plaintext, MAX_PACKED_BYTES)?;
    let aad = field.associated_data(BYTES);
    encrypt(master, field, &aad, &[BYTES_FORMAT], plaintext)
}

/// Opens what [`seal_bytes`] made for the same field.
pub(crate) fn open_bytes(
    master: &Key,
    field: &PersonalField<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    match sealed {
        [BYTES_FORMAT, raw @ ..] if raw.len() <= NONCE_BYTES + MAX_PACKED_BYTES + TAG_BYTES => {
            decrypt(master, field, &field.associated_data(BYTES), raw)
        }
        _ => Err(VaultError::CannotOpen),
    }
}

fn bounded(plaintext: &[u8], max_bytes: usize) -> Result<(), VaultError> {
    if plaintext.len() > max_bytes {
        return Err(VaultError::TooLong { max_bytes });
    }
    Ok(())
}

/// `head`, a random nonce, the ciphertext and the tag.
fn encrypt(
    master: &Key,
    field: &PersonalField<'_>,
    aad: &[u8],
    head: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce = Nonce::generate();
    let before = head.len() + NONCE_BYTES;
    // Room for all from the start: growing would leave a copy of the plaintext behind.
    let mut sealed = Zeroizing::new(Vec::with_capacity(before + plaintext.len() + TAG_BYTES));
    sealed.extend_from_slice(head);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let (_, buffer) = sealed.split_at_mut(before);
    let tag = cipher(master, field)
        .encrypt_inout_detached(&nonce, aad, buffer.into())
        .map_err(|_| VaultError::TooLong {
            max_bytes: MAX_PACKED_BYTES,
        })?;
    sealed.extend_from_slice(&tag);
    // All of it is sealed now.
    Ok(std::mem::take(&mut *sealed))
}

fn decrypt(
    master: &Key,
    field: &PersonalField<'_>,
    aad: &[u8],
    raw: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, sealed) = raw
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(VaultError::CannotOpen)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    cipher(master, field)
        .decrypt_in_place(&Nonce::from(*nonce), aad, &mut *buffer)
        .map_err(|_| VaultError::CannotOpen)?;
    Ok(buffer)
}

fn cipher(master: &Key, field: &PersonalField<'_>) -> Aes256Gcm {
    Aes256Gcm::new(field.key(master).expose_secret().into())
}
