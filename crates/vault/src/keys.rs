//! The key ring: master keys as `VAULT_KEYS` lists them, the newest first, each with a public id.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretString};
use zeroize::Zeroizing;

use crate::derive::{Key, derive};
use crate::{KeyFault, VaultError};

/// Most keys in one ring. A rotation needs two; sixteen leaves room for years of unfinished ones, and
/// bounds the work of a start.
pub const MAX_KEYS: usize = 16;

/// Fewer distinct bytes than this in a key of 32 are not chance (for random bytes: about 1 in 10^30), but
/// a repeated byte, a number, or a word.
const MIN_DISTINCT_BYTES: usize = 10;

/// The public fingerprint of a master key: 16 lower-case hex digits. It does not lead back to the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The text that is stored beside a sealed value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stood beside a stored value, if it can be a key id at all.
    pub(crate) fn from_stored(text: &str) -> Option<Self> {
        let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 16 && text.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    fn of(key: &Key) -> Self {
        let derived = derive(key, &[b"tillgate/v1/key-id"]);
        let first_8_bytes = derived.expose_secret().iter().take(8);
        Self(format!(
            "{:016x}",
            first_8_bytes.fold(0u64, |id, byte| (id << 8) | u64::from(*byte))
        ))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One master key with its id.
pub(crate) struct MasterKey {
    pub(crate) id: KeyId,
    pub(crate) key: Key,
}

/// The keys, never none.
pub(crate) struct KeyRing {
    pub(crate) newest: MasterKey,
    older: Vec<MasterKey>,
}

impl KeyRing {
    /// Reads the list, newest first. White space around keys is dropped; an empty place is a fault.
    pub(crate) fn parse(list: &SecretString) -> Result<Self, VaultError> {
        let list = list.expose_secret().trim();
        if list.is_empty() {
            return Err(VaultError::NoKeys);
        }
        let mut keys: Vec<MasterKey> = Vec::new();
        for (index, text) in list.split(',').enumerate() {
            if index == MAX_KEYS {
                return Err(VaultError::TooManyKeys);
            }
            let bad = |fault| VaultError::BadKey {
                position: index + 1,
                fault,
            };
            let key = parse_key(text.trim()).map_err(bad)?;
            let id = KeyId::of(&key);
            if keys.iter().any(|earlier| earlier.id == id) {
                return Err(bad(KeyFault::Repeated));
            }
            keys.push(MasterKey { id, key });
        }
        let mut keys = keys.into_iter();
        let newest = keys.next().ok_or(VaultError::NoKeys)?;
        Ok(Self {
            newest,
            older: keys.collect(),
        })
    }

    /// All keys, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// The key with this stored id. An id that is none at all was tampered with, so it gets the silent error.
    pub(crate) fn find(&self, stored_id: &str) -> Result<&MasterKey, VaultError> {
        let id = KeyId::from_stored(stored_id).ok_or(VaultError::CannotOpen)?;
        self.iter()
            .find(|key| key.id == id)
            .ok_or(VaultError::UnknownKey(id))
    }
}

/// A new random key from the operating system, in the form that `VAULT_KEYS` takes.
pub(crate) fn generate_key() -> SecretString {
    use aes_gcm::aead::Generate;

    let bytes = Zeroizing::new(<[u8; 32]>::generate());
    SecretString::from(encode_key(&bytes).as_str())
}

/// Url-safe base64, the form in which Fernet takes keys. `encode` writes straight into the one buffer that is
/// wiped here; the crate's other ways to encode go through a buffer of their own.
pub(crate) fn encode_key(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE.encode(bytes))
}

fn parse_key(text: &str) -> Result<Key, KeyFault> {
    // One byte of room more than a key takes, because the decoder estimates by whole groups of three.
    let mut bytes = Zeroizing::new([0u8; 33]);
    if text.len() != 44 || URL_SAFE.decode_slice(text, bytes.as_mut_slice()) != Ok(32) {
        return Err(KeyFault::Malformed);
    }
    if bytes[..32].iter().collect::<BTreeSet<_>>().len() < MIN_DISTINCT_BYTES {
        return Err(KeyFault::Weak);
    }
    let mut key = Key::default();
    key.expose_secret_mut().copy_from_slice(&bytes[..32]);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const B: &str = "_____vv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA=";

    fn parse(list: &str) -> Result<KeyRing, VaultError> {
        KeyRing::parse(&list.into())
    }

    fn fault(list: &str) -> VaultError {
        parse(list).err().unwrap()
    }

    fn bad(position: usize, fault: KeyFault) -> VaultError {
        VaultError::BadKey { position, fault }
    }

    #[test]
    fn reads_keys_in_order_and_trims_them() {
        let ring = parse(&format!(" {A} ,\n{B}\n")).unwrap();
        assert_eq!(ring.iter().count(), 2);
        assert_eq!(ring.newest.id, parse(A).unwrap().newest.id);
        assert_ne!(ring.newest.id, parse(B).unwrap().newest.id);
    }

    #[test]
    fn refuses_lists_without_a_usable_key() {
        for empty in ["", " ", "\n\t"] {
            assert_eq!(fault(empty), VaultError::NoKeys, "{empty:?}");
        }
        for malformed in [
            "x",
            "password",
            ",",
            &A[..43],                                        // padding cut
            &format!("{A}="),                                // padding doubled
            &A.replace('A', "+"),                            // standard alphabet
            &A.replace("h8=", "h9="), // spare bits set: a second spelling of one key
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", // 33 bytes
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", // 31 bytes
            "AAECAwQFBgcICQoLDA0ODxAREhMU FRYXGBkaGxwdHh8=", // inner space
        ] {
            assert_eq!(
                fault(malformed),
                bad(1, KeyFault::Malformed),
                "{malformed:?}"
            );
        }
        assert_eq!(fault(&format!("{A},")), bad(2, KeyFault::Malformed));
        assert_eq!(fault(&format!("{A},{B},x")), bad(3, KeyFault::Malformed));
    }

    #[test]
    fn refuses_keys_that_are_not_random() {
        for bytes in [
            [0; 32],
            [0xff; 32],
            *b"01010101010101010101010101010101",
            *b"passpasspasspasspasspasspasspass",
        ] {
            assert_eq!(fault(&URL_SAFE.encode(bytes)), bad(1, KeyFault::Weak));
        }
    }

    #[test]
    fn refuses_repeated_and_too_many_keys() {
        assert_eq!(fault(&format!("{A},{B},{A}")), bad(3, KeyFault::Repeated));
        let list = |n| {
            (0..n)
                .map(|_| generate_key().expose_secret().to_owned())
                .collect::<Vec<_>>()
                .join(",")
        };
        assert_eq!(parse(&list(MAX_KEYS)).unwrap().iter().count(), MAX_KEYS);
        assert_eq!(fault(&list(MAX_KEYS + 1)), VaultError::TooManyKeys);
    }

    #[test]
    fn generated_keys_are_usable_and_differ() {
        let (one, two) = (generate_key(), generate_key());
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert!(parse(&format!("{},{}", one.expose_secret(), two.expose_secret())).is_ok());
    }

    #[test]
    fn unknown_ids_are_told_and_senseless_ones_are_not() {
        let ring = parse(A).unwrap();
        let other = parse(B).unwrap().newest.id;
        assert_eq!(
            ring.find(other.as_str()).err(),
            Some(VaultError::UnknownKey(other.clone()))
        );
        for tampered in [
            "",
            "x",
            "0123456789ABCDEF",
            "0123456789abcdef0",
            "0123456789abcde\n",
        ] {
            assert_eq!(
                ring.find(tampered).err(),
                Some(VaultError::CannotOpen),
                "{tampered:?}"
            );
        }
    }
}
