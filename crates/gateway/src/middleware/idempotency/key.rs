//! Which call this is: the caller's key, who the caller is, and a hash of what is asked.

use std::fmt::Write;

use actix_web::http::header::{HeaderMap, HeaderName};
use domain::StoreId;
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// The header, as Stripe names it ("Idempotent requests" in Stripe's API reference).
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Stripe's own bound.
const MAX_KEY_CHARS: usize = 255;
/// Callers without a credential.
const ANONYMOUS: &str = "anonymous";

/// Whose key it is.
#[derive(Debug)]
pub(super) struct Caller {
    /// The store, or the nil id for the internal API: where answers are sealed.
    pub(super) store_id: StoreId,
    /// The store's id, or `internal`.
    pub(super) scope: String,
    /// A hash of the credential.
    pub(super) credential: String,
}

/// The key: 1 to 255 printable ASCII characters, sent once.
pub(super) fn parse(headers: &HeaderMap) -> Result<String, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY);
    let key = values.next().map_or(&[][..], |value| value.as_bytes());
    let printable = key.iter().all(|byte| (b' '..=b'~').contains(byte));
    let single = values.next().is_none();
    match String::from_utf8(key.to_vec()) {
        Ok(key) if printable && single && (1..=MAX_KEY_CHARS).contains(&key.len()) => Ok(key),
        _ => Err(ApiError::malformed(
            "idempotency_key_invalid",
            format!("Send one Idempotency-Key of 1 to {MAX_KEY_CHARS} printable ASCII characters, such as a UUID."),
        )
        .param("Idempotency-Key")),
    }
}

/// What stands for the caller's credential, which itself is never stored.
pub(super) fn credential(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map_or_else(|| ANONYMOUS.to_owned(), |value| hash(&[value.as_bytes()]))
}

/// SHA-256 in hex over parts that cannot run into each other.
pub(super) fn hash(parts: &[&[u8]]) -> String {
    let mut sha256 = Sha256::new();
    for part in parts {
        sha256.update((part.len() as u64).to_be_bytes());
        sha256.update(part);
    }
    sha256
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(keys: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key).unwrap());
        }
        headers
    }

    #[test]
    fn keys_are_short_printable_and_alone() {
        let longest = [b'k'; MAX_KEY_CHARS];
        for good in [&b"a"[..], b"order 1 ~!", &longest] {
            assert_eq!(parse(&headers(&[good])).unwrap().as_bytes(), good);
        }
        let too_long = [b'k'; MAX_KEY_CHARS + 1];
        for bad in [&b""[..], b"tab\there", b"caf\xc3\xa9", b"\xff", &too_long] {
            let error = parse(&headers(&[bad])).unwrap_err();
            assert_eq!(
                (error.status().as_u16(), error.code()),
                (400, "idempotency_key_invalid")
            );
        }
        assert!(parse(&headers(&[b"one", b"two"])).is_err());
        assert!(parse(&headers(&[b"same", b"same"])).is_err());
    }

    #[test]
    fn other_credentials_are_other_callers() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static("authorization"),
                HeaderValue::from_static(value),
            );
            credential(&headers, "authorization")
        };
        assert_eq!(with("Bearer EXAMPLE-a"), with("Bearer EXAMPLE-a"));
        assert_ne!(with("Bearer EXAMPLE-a"), with("Bearer EXAMPLE-b"));
        assert!(!with("Bearer EXAMPLE-a").contains("EXAMPLE"));
        assert_eq!(credential(&HeaderMap::new(), "authorization"), ANONYMOUS);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(&[b"POST", b"/a", b"b"]), hash(&[b"POST", b"/ab", b""]));
        assert_ne!(hash(&[b"POST", b"/a", b"b"]), hash(&[b"PUT", b"/a", b"b"]));
        assert_eq!(hash(&[b"POST", b"/a", b"b"]), hash(&[b"POST", b"/a", b"b"]));
    }
}
