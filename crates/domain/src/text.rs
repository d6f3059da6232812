//! Bounded texts from outside: trimmed, without control characters, counted in characters.

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Above its bound.
    #[error("must be at most {max_chars} characters")]
    TooLong {
        /// The bound, in characters.
        max_chars: usize,
    },
    /// NUL and other control characters; `PostgreSQL` refuses NUL, `SQLite` does not.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not an e-mail address.
    #[error("must be an e-mail address such as name@example.com")]
    NotAnEmail,
}

/// A single line of 1 to `max_chars` characters, trimmed.
pub fn line(text: &str, max_chars: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(InvalidText::ControlCharacter);
    }
    bounded(text, max_chars)
}

/// Several lines of 1 to `max_chars` characters, trimmed; line breaks and tabs are kept.
pub fn paragraphs(text: &str, max_chars: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(InvalidText::ControlCharacter);
    }
    bounded(text, max_chars)
}

/// An address that mail can be sent to, as far as its shape tells (RFC 5321 bounds: 254 characters).
pub fn email(text: &str) -> Result<String, InvalidText> {
    const MAX_EMAIL_CHARS: usize = 254;
    let text = line(text, MAX_EMAIL_CHARS)?;
    let well_formed = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !host.starts_with('.')
            && !host.ends_with('.')
    });
    if well_formed && !text.contains(char::is_whitespace) {
        Ok(text)
    } else {
        Err(InvalidText::NotAnEmail)
    }
}

fn bounded(text: &str, max_chars: usize) -> Result<String, InvalidText> {
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > max_chars {
        return Err(InvalidText::TooLong { max_chars });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_trims() {
        assert_eq!(
            line("  Kaffee & Söhne 🫘 ", 20),
            Ok("Kaffee & Söhne 🫘".into())
        );
        assert_eq!(line(" \t ", 20), Err(InvalidText::Empty));
        assert_eq!(line("a\0b", 20), Err(InvalidText::ControlCharacter));
        assert_eq!(line("12345", 4), Err(InvalidText::TooLong { max_chars: 4 }));
        assert_eq!(paragraphs("one\ntwo", 20), Ok("one\ntwo".into()));
    }

    #[test]
    fn emails_have_one_at_and_a_dotted_host() {
        assert!(email("max@example.com").is_ok());
        for bad in [
            "max",
            "max@",
            "@example.com",
            "a@b",
            "a b@example.com",
            "a@@example.com",
            "a@example.com.",
        ] {
            assert_eq!(email(bad), Err(InvalidText::NotAnEmail), "{bad}");
        }
    }
}
