//! A sealed value as the database keeps it: two texts.

use std::fmt;

/// A sealed value, ready for two text columns. Whoever reads it learns only its age and about how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The id of the master key it was sealed under; rotation counts the rows that are not on the newest.
    pub key_id: String,
    /// The Fernet token, or `tgp1.…` for personal data. Not a name: the same secret seals to another text each time.
    pub token: String,
}

impl fmt::Debug for Sealed {
    /// Without the token: it is of no use in a log, and too much in a leaked one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.token.len())
    }
}

/// A sealed value as bytes, ready for a text and a binary column.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBytes {
    /// The id of the master key it was sealed under.
    pub key_id: String,
    /// The byte 1, nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SealedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBytes({} bytes)", self.bytes.len())
    }
}
