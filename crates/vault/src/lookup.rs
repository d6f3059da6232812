//! Keyed hashes, to find a row by personal data that is kept sealed: equal texts have equal hashes within one store and
//! mode, and without the key nothing can be told from them, nor tried.

use std::fmt::Write as _;

use domain::{Mode, StoreId};
use hkdf::Hkdf;
use secrecy::ExposeSecret;
use sha2::Sha256;

use crate::derive::{Key, derive};

/// What is looked for, and where. Hashes of one field say nothing about another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LookupField<'a> {
    /// The store whose data it is.
    pub store_id: StoreId,
    /// Stripe's world it belongs to.
    pub mode: Mode,
    /// What is looked for, such as `email`.
    pub name: &'a str,
}

/// HMAC-SHA256 of the text under the field's own key, in lower-case hex.
pub(crate) fn hash(master: &Key, field: &LookupField<'_>, text: &str) -> String {
    let store = field.store_id.to_string();
    let key = derive(
        master,
        &[
            b"tillgate/v1/lookup",
            store.as_bytes(),
            field.mode.as_str().as_bytes(),
            field.name.as_bytes(),
        ],
    );
    // HKDF's first step is HMAC-SHA256 of its input under its salt (RFC 5869 §2.2).
    let (tag, _) = Hkdf::<Sha256>::extract(Some(key.expose_secret()), text.as_bytes());
    tag.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
