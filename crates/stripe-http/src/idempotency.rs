//! The key under which Stripe does a mutation at most once, however often we send it.

use std::fmt;

use uuid::Uuid;

/// Longest key that Stripe accepts (API reference, "Idempotent requests").
const MAX_CHARS: usize = 255;

/// An `Idempotency-Key`: 1 to 255 printable ASCII characters. Stripe keeps it for about 24 hours;
/// after that, read the object instead of sending the request again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text cannot be an idempotency key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an idempotency key is 1 to 255 printable ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// Checks length and characters.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidIdempotencyKey> {
        let text = text.into();
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > MAX_CHARS || !printable {
            return Err(InvalidIdempotencyKey);
        }
        Ok(Self(text))
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for IdempotencyKey {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_characters_are_checked() {
        for good in ["a", "ord_1:capture:1", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a\r\nX: y", "ключ", "a\0", &"k".repeat(256)] {
            assert_eq!(
                IdempotencyKey::parse(bad),
                Err(InvalidIdempotencyKey),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_uuid_is_a_key() {
        assert_eq!(
            IdempotencyKey::from(Uuid::nil()).to_string(),
            "00000000-0000-0000-0000-000000000000"
        );
    }
}
