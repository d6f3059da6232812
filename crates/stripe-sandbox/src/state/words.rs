//! Words that are part of the program, read back from a state file.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, de::Error};

/// Longer than any event type, status or decline code.
const MAX_BYTES: usize = 100;
/// More than there are.
const MAX_WORDS: usize = 10_000;

/// A word that lives as long as the program. The name keeps serde from borrowing it from the file.
pub(crate) type Word = &'static str;

/// Reads a word that lives as long as the program: for `#[serde(deserialize_with)]`. Equal words share
/// one place, and there is a bound on how many there are.
pub(crate) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    static WORDS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let text = String::deserialize(deserializer)?;
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = words.get_or_insert_default();
    if let Some(known) = words.get(text.as_str()) {
        return Ok(known);
    }
    if text.len() > MAX_BYTES || words.len() >= MAX_WORDS {
        return Err(D::Error::custom("this is no word of the sandbox's"));
    }
    let word: &'static str = Box::leak(text.into_boxed_str());
    words.insert(word);
    Ok(word)
}
