//! The vault: seals with the newest key, opens with any, and moves old values to the newest.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::check::{self, KeyAge};
use crate::keys::{self, KeyId, KeyRing};
use crate::lookup::{self, LookupField};
use crate::token::TokenKey;
use crate::{PersonalField, Place, Sealed, SealedBytes, VaultError, personal};

/// The key ring and all that is done with it. Holds no clock and no state that changes: share it behind an `Arc`.
pub struct Vault {
    ring: KeyRing,
}

impl Vault {
    /// From `VAULT_KEYS`: one to [`MAX_KEYS`](crate::MAX_KEYS) Fernet keys (32 bytes as url-safe base64), separated
    /// by commas, newest first. Refuses malformed, repeated and visibly weak keys, naming their position only.
    pub fn from_keys(keys: &SecretString) -> Result<Self, VaultError> {
        KeyRing::parse(keys).map(|ring| Self { ring })
    }

    /// A new random master key, as `VAULT_KEYS` takes it.
    pub fn generate_key() -> SecretString {
        keys::generate_key()
    }

    /// The key that seals.
    pub fn newest_key_id(&self) -> &KeyId {
        &self.ring.newest.id
    }

    /// Every key that opens, newest first.
    pub fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.ring.iter().map(|key| &key.id)
    }

    /// Seals a secret of at most [`MAX_SECRET_BYTES`](crate::MAX_SECRET_BYTES) for one place, under the newest key.
    pub fn seal(&self, place: &Place, secret: &SecretString) -> Result<Sealed, VaultError> {
        let key = place.key(&self.ring.newest.key);
        Ok(self.sealed(TokenKey::new(&key).seal(secret.expose_secret().as_bytes())?))
    }

    /// Opens a secret in the place it was sealed for. [`VaultError::UnknownKey`] if its key is not in the ring,
    /// [`VaultError::CannotOpen`] for every other reason.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let master = self.ring.find(&sealed.key_id)?;
        let plaintext = TokenKey::new(&place.key(&master.key)).open(&sealed.token)?;
        let text = str::from_utf8(&plaintext).map_err(|_| VaultError::CannotOpen)?;
        // Copied at its exact length: shrinking a buffer in place may leave the old one behind unwiped.
        Ok(SecretString::from(Box::<str>::from(text)))
    }

    /// Seals anew under the newest key; `None` if it already is.
    pub fn reseal(&self, place: &Place, sealed: &Sealed) -> Result<Option<Sealed>, VaultError> {
        if self.is_newest(sealed) {
            return Ok(None);
        }
        self.seal(place, &self.open(place, sealed)?).map(Some)
    }

    /// Seals at most [`MAX_PERSONAL_BYTES`](crate::MAX_PERSONAL_BYTES) of personal data for one field of one row,
    /// under the newest key.
    pub fn seal_personal(
        &self,
        field: &PersonalField<'_>,
        plaintext: &[u8],
    ) -> Result<Sealed, VaultError> {
        Ok(self.sealed(personal::seal(&self.ring.newest.key, field, plaintext)?))
    }

    /// Opens personal data in the field it was sealed for; errors as [`Vault::open`].
    pub fn open_personal(
        &self,
        field: &PersonalField<'_>,
        sealed: &Sealed,
    ) -> Result<SecretSlice<u8>, VaultError> {
        let master = self.ring.find(&sealed.key_id)?;
        let plaintext = personal::open(&master.key, field, &sealed.token)?;
        Ok(SecretSlice::from(Box::<[u8]>::from(plaintext.as_slice())))
    }

    /// As [`Vault::seal_personal`], to bytes: for what is long and many. A few bytes more are taken
    /// ([`MAX_PACKED_BYTES`](crate::MAX_PACKED_BYTES)), so that the caller may pack it first.
    pub fn seal_personal_bytes(
        &self,
        field: &PersonalField<'_>,
        plaintext: &[u8],
    ) -> Result<SealedBytes, VaultError> {
        Ok(SealedBytes {
            key_id: self.ring.newest.id.as_str().to_owned(),
            bytes: personal::seal_bytes(&self.ring.newest.key, field, plaintext)?,
        })
    }

    /// Opens what [`Vault::seal_personal_bytes`] made; errors as [`Vault::open`].
    pub fn open_personal_bytes(
        &self,
        field: &PersonalField<'_>,
        sealed: &SealedBytes,
    ) -> Result<SecretSlice<u8>, VaultError> {
        let master = self.ring.find(&sealed.key_id)?;
        let plaintext = personal::open_bytes(&master.key, field, &sealed.bytes)?;
        Ok(SecretSlice::from(Box::<[u8]>::from(plaintext.as_slice())))
    }

    /// The hash by which a text is kept: the newest key's id, a space, and the keyed hash in hex.
    pub fn lookup_hash(&self, field: &LookupField<'_>, text: &str) -> String {
        let newest = &self.ring.newest;
        format!(
            "{} {}",
            newest.id.as_str(),
            lookup::hash(&newest.key, field, text)
        )
    }

    /// The hashes by which a text may have been kept, one for each key, the newest first.
    pub fn lookup_hashes(&self, field: &LookupField<'_>, text: &str) -> Vec<String> {
        let of = |key: &keys::MasterKey| {
            format!(
                "{} {}",
                key.id.as_str(),
                lookup::hash(&key.key, field, text)
            )
        };
        self.ring.iter().map(of).collect()
    }

    /// Seals personal data anew under the newest key; `None` if it already is.
    pub fn reseal_personal(
        &self,
        field: &PersonalField<'_>,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        if self.is_newest(sealed) {
            return Ok(None);
        }
        self.seal_personal(field, self.open_personal(field, sealed)?.expose_secret())
            .map(Some)
    }

    /// The value to store beside the data when it is first set up, and again after a rotation is complete.
    pub fn check_value(&self) -> String {
        check::value(&self.ring.newest)
    }

    /// Holds a stored check value against the ring, at start and before anything is written.
    /// [`VaultError::UnknownKey`] if the ring lacks its key: refuse to start.
    /// [`VaultError::CannotOpen`] if the value itself is damaged: refuse as well, and restore it.
    pub fn verify_check_value(&self, stored: &str) -> Result<KeyAge, VaultError> {
        check::verify(&self.ring, stored)
    }

    fn sealed(&self, token: String) -> Sealed {
        Sealed {
            key_id: self.ring.newest.id.as_str().to_owned(),
            token,
        }
    }

    fn is_newest(&self, sealed: &Sealed) -> bool {
        sealed.key_id == self.ring.newest.id.as_str()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} keys)", self.ring.iter().count())
    }
}

#[cfg(test)]
mod tests {
    use domain::{Mode, StoreId};

    use super::*;
    use crate::Purpose;

    /// A Fernet token can hold any bytes; a secret of ours is text.
    #[test]
    fn bytes_that_are_no_text_do_not_open() {
        let vault = Vault::from_keys(&Vault::generate_key()).unwrap();
        let place = Place {
            store_id: StoreId::generate(),
            mode: Mode::Live,
            purpose: Purpose::OrderToken,
            version: 1,
        };
        let key = TokenKey::new(&place.key(&vault.ring.newest.key));
        let opens = |bytes: &[u8]| {
            vault
                .open(&place, &vault.sealed(key.seal(bytes).unwrap()))
                .map(drop)
        };
        assert_eq!(opens("text".as_bytes()), Ok(()));
        assert_eq!(opens(b"\xff\xfe"), Err(VaultError::CannotOpen));
    }
}
