//! What the tests share: fixed stores and rings with known keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use domain::StoreId;
use secrecy::SecretString;
use vault::Vault;

/// Key number `n`: a fixed, obviously invented one.
pub(crate) fn key(n: u8) -> String {
    URL_SAFE.encode(std::array::from_fn::<u8, 32, _>(|i| {
        n.wrapping_add(u8::try_from(i).unwrap().wrapping_mul(7))
    }))
}

/// A ring of these keys, newest first.
pub(crate) fn ring(keys: &[u8]) -> Vault {
    let list = keys.iter().map(|n| key(*n)).collect::<Vec<_>>().join(",");
    Vault::from_keys(&SecretString::from(list)).unwrap()
}

/// A store with a fixed id.
pub(crate) fn store(n: u8) -> StoreId {
    format!("550e8400-e29b-41d4-a716-4466554400{n:02x}")
        .parse()
        .unwrap()
}
