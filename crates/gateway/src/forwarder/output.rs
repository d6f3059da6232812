//! What `stripe listen` says, line by line: the signing secret, or words without secrets.

use secrecy::SecretString;
use secrecy::zeroize::{Zeroize, Zeroizing};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Longer lines are cut off there: its own are below 300 bytes.
const MAX_LINE_BYTES: usize = 4096;
/// What is told of a line.
const MAX_TOLD_CHARS: usize = 300;

/// A line.
#[derive(Debug)]
pub(super) enum Line {
    /// "Ready! … Your webhook signing secret is whsec_… (^C to quit)".
    Secret(SecretString),
    /// Anything else; what looked like a secret is left out.
    Words(String),
}

/// Lines of a stream, without blank ones. Carriage returns end lines too: a spinner draws with them.
pub(super) struct Lines<S> {
    stream: BufReader<S>,
    line: Zeroizing<Vec<u8>>,
}

impl<S: AsyncRead + Unpin> Lines<S> {
    pub(super) fn of(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
            line: Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES)),
        }
    }

    /// The next one; `None` at the end. Nothing is lost when it is not waited for to the end.
    pub(super) async fn next(&mut self) -> Option<Line> {
        loop {
            // A broken pipe is the end as well.
            let chunk = self.stream.fill_buf().await.ok()?;
            if chunk.is_empty() {
                return self.take();
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = MAX_LINE_BYTES - self.line.len();
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used_bytes = end.map_or(chunk.len(), |end| end + 1);
            self.stream.consume(used_bytes);
            if end.is_some()
                && let Some(line) = self.take()
            {
                return Some(line);
            }
        }
    }

    fn take(&mut self) -> Option<Line> {
        let text = Zeroizing::new(String::from_utf8_lossy(&self.line).into_owned());
        self.line.zeroize();
        parse(&text)
    }
}

/// What a line says; `None` for a blank one.
fn parse(line: &str) -> Option<Line> {
    let plain = Zeroizing::new(without_escapes(line));
    if let Some(secret) = signing_secret(&plain) {
        return Some(Line::Secret(secret));
    }
    let words = without_secrets(plain.trim());
    (!words.is_empty()).then_some(Line::Words(words))
}

/// The secret, behind the words that introduce it.
fn signing_secret(line: &str) -> Option<SecretString> {
    /// Stripe's have 32 or 64 characters behind the prefix; the bounds leave room for what comes.
    const BODY_CHARS: std::ops::RangeInclusive<usize> = 16..=255;
    let (_, rest) = line.split_once("webhook signing secret is ")?;
    let end = rest
        .find(|char: char| !char.is_ascii_alphanumeric() && char != '_')
        .unwrap_or(rest.len());
    let secret = &rest[..end];
    let body = secret.strip_prefix("whsec_")?;
    BODY_CHARS
        .contains(&body.len())
        .then(|| SecretString::from(secret))
}

/// Without ANSI sequences: `ESC [ … letter` and `ESC ] … (BEL or ESC \)`.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char != '\u{1b}' {
            if !char.is_control() {
                plain.push(char);
            }
            continue;
        }
        match chars.next() {
            Some('[') => {
                chars.find(|char| matches!(char, '@'..='~'));
            }
            Some(']') => {
                let mut before = ' ';
                chars.find(|char| {
                    let ends = *char == '\u{7}' || (before == '\u{1b}' && *char == '\\');
                    before = *char;
                    ends
                });
            }
            _ => {}
        }
    }
    plain
}

/// The line, with every word of it that begins like a key or a secret left out, cut to a length for a log.
fn without_secrets(line: &str) -> String {
    const PREFIXES: [&str; 8] = [
        "sk_", "rk_", "pk_", "whsec_", "oak_", "uk_", "ek_", "_secret_",
    ];
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '*' | '-');
    let mut told = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .find(|char| is_part(char) != is_part(first))
            .unwrap_or(rest.len());
        let (run, behind) = rest.split_at(length);
        let is_secret = PREFIXES.iter().any(|prefix| run.contains(prefix));
        told.push_str(if is_secret { "…" } else { run });
        rest = behind;
    }
    told.chars().take(MAX_TOLD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// As long as the ones that the command tells.
    const SECRET: &str = "whsec_EXAMPLE0123456789abcdef0123456789abcdef0123456789abcdef01234567";

    fn told(line: &str) -> String {
        match parse(line) {
            Some(Line::Words(words)) => words,
            Some(Line::Secret(secret)) => format!("secret {}", secret.expose_secret()),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn the_secret_is_found_in_every_form_of_the_line() {
        for line in [
            format!(
                "Ready! You are using Stripe API Version [2026-02-25.clover]. Your webhook signing secret is {SECRET} (^C to quit)"
            ),
            format!("Ready! Your webhook signing secret is {SECRET} (^C to quit)"),
            format!(
                "> Ready! Your webhook signing secret is \u{1b}[1m{SECRET}\u{1b}[0m (^C to quit)"
            ),
            format!("Your webhook signing secret is {SECRET}"),
        ] {
            assert_eq!(told(&line), format!("secret {SECRET}"), "{line}");
        }
    }

    #[test]
    fn what_is_no_whole_secret_is_none_and_is_not_told() {
        for line in [
            "Your webhook signing secret is whsec_ (^C to quit)",
            "Your webhook signing secret is whsec_short (^C to quit)",
            &format!("The secret {SECRET} was rolled"),
        ] {
            let told = told(line);
            assert!(!told.contains("whsec_"), "{told}");
            assert!(told.contains('…'), "{told}");
        }
    }

    #[test]
    fn keys_are_left_out_of_what_is_told() {
        for (line, expected) in [
            ("Getting ready...", "Getting ready..."),
            (
                "2026-03-01 12:00:00  <--  [200] POST http://127.0.0.1:8080/webhook/stripe/x [evt_1EXAMPLE]",
                "2026-03-01 12:00:00  <--  [200] POST http://127.0.0.1:8080/webhook/stripe/x [evt_1EXAMPLE]",
            ),
            (
                "Expired API Key provided: rk_test_*********EXAMPLE.",
                "Expired API Key provided: ….",
            ),
            ("pi_1_secret_EXAMPLE ends", "… ends"),
            (
                "\u{1b}]8;;https://a.example\u{1b}\\evt_1\u{1b}]8;;\u{1b}\\",
                "evt_1",
            ),
            ("  \u{1b}[2K ", "nothing"),
            ("", "nothing"),
        ] {
            assert_eq!(told(line), expected);
        }
        assert_eq!(told(&"é".repeat(1000)).chars().count(), MAX_TOLD_CHARS);
    }

    #[tokio::test]
    async fn lines_are_cut_apart_and_bounded() {
        let long = "x".repeat(MAX_LINE_BYTES + 1000);
        let stream = format!("| Getting ready\r/ Getting ready\n\n{long}\nlast");
        let mut lines = Lines::of(stream.as_bytes());
        let mut all = Vec::new();
        while let Some(Line::Words(words)) = lines.next().await {
            all.push(words);
        }
        assert_eq!(all[..2], ["| Getting ready", "/ Getting ready"]);
        assert_eq!(all[2].len(), MAX_TOLD_CHARS);
        assert_eq!(all[3..], ["last"]);
    }
}
