//! `Stripe-Signature`: `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">[,v1=…]` (docs, "Resolve
//! webhook signature verification errors"). Stricter than the official SDKs where they disagree.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// How far `t` may lie in the past or in the future, in seconds; Stripe's own default.
pub const TOLERANCE_S: u64 = 300;

/// Bound on the header. Stripe's has about 150 bytes; this leaves room for some hundred signatures.
const MAX_HEADER_BYTES: usize = 8 * 1024;

/// Why a delivery is not believed. All of these are a 400; the difference is for the log.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// No `Stripe-Signature`, or an empty one.
    #[error("no signature header")]
    NoHeader,
    /// Over 8 kB.
    #[error("the signature header is too long")]
    HeaderTooLong,
    /// No secret is configured; a blank one counts as none.
    #[error("no webhook secret")]
    NoSecret,
    /// An empty body.
    #[error("no payload")]
    NoPayload,
    /// `t` is missing, repeated, or not plain digits.
    #[error("no readable timestamp in the signature header")]
    BadHeader,
    /// No `v1` entry; other schemes are not accepted.
    #[error("no v1 signature")]
    NoV1Signature,
    /// No `v1` fits any secret.
    #[error("no signature matches")]
    NoMatch,
    /// Signed by Stripe, but over 300 s ago or ahead.
    #[error("the timestamp is outside the tolerance")]
    OutsideTolerance,
}

/// Believes `payload` (the raw bytes, before any decoding) if one `v1` of `header` was made with one
/// of `secrets` (several while a secret is being rolled) within 300 s of `now_unix_s`.
pub fn verify<'a>(
    header: Option<&[u8]>,
    payload: &[u8],
    secrets: impl IntoIterator<Item = &'a SecretString>,
    now_unix_s: i64,
) -> Result<(), SignatureError> {
    verify_within(header, payload, secrets, now_unix_s, Some(TOLERANCE_S))
}

/// Signs as Stripe does, for tests and for `webhook listen`. `at_unix_s` is not negative.
pub fn sign(payload: &[u8], secret: &SecretString, at_unix_s: i64) -> String {
    let timestamp = at_unix_s.to_string();
    format!(
        "t={timestamp},v1={}",
        hex_mac(secret, timestamp.as_bytes(), payload)
    )
}

fn verify_within<'a>(
    header: Option<&[u8]>,
    payload: &[u8],
    secrets: impl IntoIterator<Item = &'a SecretString>,
    now_unix_s: i64,
    tolerance_s: Option<u64>,
) -> Result<(), SignatureError> {
    let header = header
        .filter(|header| !header.is_empty())
        .ok_or(SignatureError::NoHeader)?;
    if header.len() > MAX_HEADER_BYTES {
        return Err(SignatureError::HeaderTooLong);
    }
    // An HMAC under an empty key is something that everybody can compute (CVE-2026-41432).
    let mut secrets = secrets
        .into_iter()
        .filter(|secret| !secret.expose_secret().trim().is_empty())
        .peekable();
    if secrets.peek().is_none() {
        return Err(SignatureError::NoSecret);
    }
    if payload.is_empty() {
        return Err(SignatureError::NoPayload);
    }
    let Signed {
        timestamp,
        timestamp_unix_s,
        signatures,
    } = Signed::parse(header)?;

    // Compares every pair, so that the time tells nothing about which one fits.
    let mut matched = Choice::from(0);
    for secret in secrets {
        let expected = hex_mac(secret, timestamp, payload);
        for signature in &signatures {
            matched |= expected.as_bytes().ct_eq(signature);
        }
    }
    if !bool::from(matched) {
        return Err(SignatureError::NoMatch);
    }
    match tolerance_s {
        Some(limit) if now_unix_s.abs_diff(timestamp_unix_s) > limit => {
            Err(SignatureError::OutsideTolerance)
        }
        _ => Ok(()),
    }
}

struct Signed<'a> {
    /// The digits as they were signed.
    timestamp: &'a [u8],
    timestamp_unix_s: i64,
    signatures: Vec<&'a [u8]>,
}

impl<'a> Signed<'a> {
    fn parse(header: &'a [u8]) -> Result<Self, SignatureError> {
        let mut timestamps = Vec::new();
        let mut signatures = Vec::new();
        for item in header.split(|byte| *byte == b',') {
            match item {
                [b't', b'=', value @ ..] => timestamps.push(value),
                [b'v', b'1', b'=', value @ ..] => signatures.push(value),
                _ => {}
            }
        }
        // Of two timestamps one could be shown and the other one signed.
        let [timestamp] = timestamps[..] else {
            return Err(SignatureError::BadHeader);
        };
        let timestamp_unix_s = plain_number(timestamp).ok_or(SignatureError::BadHeader)?;
        if signatures.is_empty() {
            return Err(SignatureError::NoV1Signature);
        }
        Ok(Self {
            timestamp,
            timestamp_unix_s,
            signatures,
        })
    }
}

/// Digits only: no sign, no space, no leading zero, no overflow, so that text and number are one.
fn plain_number(text: &[u8]) -> Option<i64> {
    let leading_zero = text.len() > 1 && text.first() == Some(&b'0');
    if leading_zero || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Lower-case hex of the MAC. The key is the whole secret as text, `whsec_` included.
#[expect(
    clippy::expect_used,
    reason = "HMAC takes a key of any length (RFC 2104)"
)]
fn hex_mac(secret: &SecretString, timestamp: &[u8], payload: &[u8]) -> String {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(timestamp);
    mac.update(b".");
    mac.update(payload);
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    let bytes = mac.finalize().into_bytes();
    bytes
        .into_iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests;
