//! Secrets at rest: the key ring, what is sealed with it, and how a sealed value stays bound to its place.
//!
//! A store's secrets become Fernet tokens under a key derived for one [`Place`] (store, mode, purpose, version);
//! shoppers' personal data is AES-256-GCM, bound to one [`PersonalField`] (store, table, column, row). A value
//! that is moved elsewhere does not open, and the error says no more than that. The newest master key seals,
//! every key in the ring opens. The exact derivation, for auditors and other languages, is in `docs/vault.md`.
//!
//! This crate knows no database and no Stripe: it turns a secret into storable text and back.
//!
//! ```
//! use domain::{Mode, StoreId};
//! use secrecy::ExposeSecret;
//! use vault::{Place, Purpose, Vault, VaultError};
//!
//! let vault = Vault::from_keys(&Vault::generate_key())?;
//! let place = Place { store_id: StoreId::generate(), mode: Mode::Test, purpose: Purpose::StripeSecretKey, version: 1 };
//!
//! let sealed = vault.seal(&place, &"sk_test_EXAMPLE".into())?;
//! assert_eq!(vault.open(&place, &sealed)?.expose_secret(), "sk_test_EXAMPLE");
//!
//! let elsewhere = Place { mode: Mode::Live, ..place };
//! assert_eq!(vault.open(&elsewhere, &sealed).err(), Some(VaultError::CannotOpen));
//! # Ok::<(), VaultError>(())
//! ```

mod check;
mod derive;
mod error;
mod keys;
mod lookup;
mod personal;
mod place;
mod sealed;
mod token;
mod vault;
#[cfg(test)]
mod wiping;

pub use check::KeyAge;
pub use error::{KeyFault, VaultError};
pub use keys::{KeyId, MAX_KEYS};
pub use lookup::LookupField;
pub use personal::{MAX_PACKED_BYTES, MAX_PERSONAL_BYTES};
pub use place::{PersonalField, Place, Purpose};
pub use sealed::{Sealed, SealedBytes};
pub use token::MAX_SECRET_BYTES;
pub use vault::Vault;
