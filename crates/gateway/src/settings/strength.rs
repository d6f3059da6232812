//! What makes a secret guessable. Chance cannot be proven, but its absence often shows.

use std::collections::BTreeSet;

/// Random secrets of 32 bytes or more have more distinct bytes than this with near certainty, in hex as well.
const MIN_DISTINCT_BYTES: usize = 10;

/// Words that stand where somebody forgot to put a secret. Each is long enough not to occur by chance.
const OBVIOUS: [&str; 12] = [
    "changeme",
    "change-me",
    "change_me",
    "replaceme",
    "replace-me",
    "replace_me",
    "password",
    "placeholder",
    "example",
    "default",
    "insecure",
    "supersecret",
];

/// Why these bytes are not random, if it shows.
pub(super) fn weakness(bytes: &[u8]) -> Option<&'static str> {
    if bytes.iter().collect::<BTreeSet<_>>().len() < MIN_DISTINCT_BYTES {
        return Some("repeats a few bytes");
    }
    if has_period(bytes) {
        return Some("repeats itself");
    }
    if is_counting(bytes) {
        return Some("only counts up or down");
    }
    None
}

/// Whether a text holds a word that says "not set yet".
pub(super) fn is_obvious(text: &str) -> bool {
    let lower = text.to_lowercase();
    OBVIOUS.iter().any(|word| lower.contains(word))
}

fn has_period(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period])
}

fn is_counting(bytes: &[u8]) -> bool {
    let mut steps = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    steps
        .next()
        .is_some_and(|first| steps.all(|step| step == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_pass_in_every_spelling() {
        for _ in 0..1000 {
            let bytes: [u8; 32] = rand::random();
            assert_eq!(weakness(&bytes), None, "{bytes:?}");
            let hex = crate::guards::sha256_hex(&format!("{bytes:?}"));
            assert_eq!(weakness(hex.as_bytes()), None, "{hex}");
            assert!(!is_obvious(&hex));
        }
    }

    #[test]
    fn what_no_chance_makes_is_weak() {
        let counting: Vec<u8> = (0..32).collect();
        let counting_down: Vec<u8> = (0..32).rev().map(|n| n * 8).collect();
        for weak in [
            &[0u8; 32][..],
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
            b"0123456789abcdef0123456789abcdef",
            b"correct horse battery correct horse battery ",
            &counting,
            &counting_down,
        ] {
            assert!(weakness(weak).is_some(), "{weak:?}");
        }
    }

    #[test]
    fn words_that_wait_for_a_value_are_obvious() {
        assert!(is_obvious("please-ChangeMe-0123456789abcdefghijkl"));
        assert!(is_obvious("my-Password-is-long-enough-0123456789"));
        assert!(!is_obvious("Zk3nq0v9bT1xWc7uYp5sRd2fHg8jLm4a"));
    }
}
