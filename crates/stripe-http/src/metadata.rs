//! Our own notes on a Stripe object, inside Stripe's limits.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

// Stripe, API reference, "Metadata".
const MAX_ENTRIES: usize = 50;
const MAX_KEY_CHARS: usize = 40;
const MAX_VALUE_CHARS: usize = 500;

/// Key-value notes on a Stripe object. `Debug` shows only how many there are: other software of the
/// merchant may have written shoppers' data here.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

/// Why Stripe would refuse an entry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidMetadata {
    /// Empty, over 40 characters, or with square brackets, which would become structure.
    #[error("a metadata key is 1 to 40 characters without square brackets")]
    Key,
    /// Empty (which would unset the key) or over 500 characters.
    #[error("a metadata value is 1 to 500 characters")]
    Value,
    /// Over 50 entries.
    #[error("an object has at most 50 metadata entries")]
    TooMany,
}

impl Metadata {
    /// Adds or replaces an entry that we are about to send.
    pub fn insert(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), InvalidMetadata> {
        let (key, value) = (key.into(), value.into());
        if key.is_empty() || key.chars().count() > MAX_KEY_CHARS || key.contains(['[', ']']) {
            return Err(InvalidMetadata::Key);
        }
        if value.is_empty() || value.chars().count() > MAX_VALUE_CHARS {
            return Err(InvalidMetadata::Value);
        }
        if self.0.len() >= MAX_ENTRIES && !self.0.contains_key(&key) {
            return Err(InvalidMetadata::TooMany);
        }
        self.0.insert(key, value);
        Ok(())
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Keeps an entry that somebody else wrote, whatever it is.
    pub(crate) fn note(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({} entries)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_limits_hold_before_sending() {
        let mut metadata = Metadata::default();
        assert_eq!(metadata.insert("a[b]", "1"), Err(InvalidMetadata::Key));
        assert_eq!(metadata.insert("", "1"), Err(InvalidMetadata::Key));
        assert_eq!(
            metadata.insert("k".repeat(41), "1"),
            Err(InvalidMetadata::Key)
        );
        assert_eq!(metadata.insert("k", ""), Err(InvalidMetadata::Value));
        assert_eq!(
            metadata.insert("k", "ü".repeat(501)),
            Err(InvalidMetadata::Value)
        );
        for n in 0..50 {
            metadata.insert(format!("k{n}"), "ü".repeat(500)).unwrap();
        }
        assert_eq!(
            metadata.insert("one_more", "1"),
            Err(InvalidMetadata::TooMany)
        );
        assert_eq!(metadata.insert("k1", "replaced"), Ok(()));
        assert_eq!(metadata.get("k1"), Some("replaced"));
    }

    #[test]
    fn debug_shows_no_entry() {
        let mut metadata = Metadata::default();
        metadata.insert("name", "Max Mustermann").unwrap();
        assert_eq!(format!("{metadata:?}"), "Metadata(1 entries)");
    }
}
