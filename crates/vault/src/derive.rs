//! The one key derivation: HKDF-SHA256 (RFC 5869) over a master key, with an unambiguous context.
//!
//! Changing anything here makes every sealed value unreadable; `docs/vault.md` states it byte by byte and
//! `tests/it/worked_example.rs` and `python_interop.rs` hold it.

use hkdf::Hkdf;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use sha2::Sha256;
use zeroize::Zeroize;

/// A master key or a derived key: 32 bytes on the heap, wiped on drop.
pub(crate) type Key = SecretBox<[u8; 32]>;

/// Fixed and public, as RFC 5869 §3.1 allows: it separates this product's keys from other uses of the same master.
const SALT: &[u8] = b"tillgate vault v1";

/// Derives the key for a context; see [`context`] for how its parts are joined.
#[expect(
    clippy::expect_used,
    reason = "32 bytes are one block; HKDF refuses only above 255 blocks"
)]
pub(crate) fn derive(master: &Key, parts: &[&[u8]]) -> Key {
    let (mut prk, hkdf) = Hkdf::<Sha256>::extract(Some(SALT), master.expose_secret());
    prk.as_mut_slice().zeroize();
    let mut key = Key::default();
    hkdf.expand(&context(parts), key.expose_secret_mut())
        .expect("one block");
    key
}

/// Joins parts so that no two lists of parts give the same bytes, whatever the parts hold: each part is
/// preceded by its length in bytes as an 8-byte big-endian number.
pub(crate) fn context(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn contexts_are_equal_only_if_their_parts_are(
            a in prop::collection::vec(prop::collection::vec(0u8..3, 0..4), 0..4),
            b in prop::collection::vec(prop::collection::vec(0u8..3, 0..4), 0..4),
        ) {
            let joined = |parts: &[Vec<u8>]| context(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(joined(&a) == joined(&b), a == b);
        }
    }

    #[test]
    fn a_boundary_cannot_be_moved() {
        assert_ne!(
            context(&[b"orders", b"contact"]),
            context(&[b"orderscon", b"tact"])
        );
        assert_ne!(context(&[b"a\0b", b"c"]), context(&[b"a", b"b\0c"]));
    }
}
