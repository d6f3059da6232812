//! Which of several texts a reader wants, by `Accept-Language` (RFC 9110, section 12.5.4; RFC 4647, lookup).

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;

/// More languages than a browser sends.
const MAX_LANGUAGES: usize = 20;
/// Longer tags name no language.
const MAX_TAG_CHARS: usize = 35;

/// The reader's languages as lower-case tags, the best first.
pub fn of(request: &HttpRequest) -> Vec<String> {
    let header = request.headers().get(ACCEPT_LANGUAGE);
    header
        .and_then(|value| value.to_str().ok())
        .map_or_else(Vec::new, parse)
}

/// The tags of an `Accept-Language`, the best first; what is not understood is left out.
pub fn parse(header: &str) -> Vec<String> {
    let mut tags: Vec<(String, u16)> = header
        .split(',')
        .take(MAX_LANGUAGES)
        .filter_map(|entry| {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let tag = tag.trim().to_ascii_lowercase();
            let weight = weight(parameters.trim())?;
            (is_tag(&tag) && weight > 0).then_some((tag, weight))
        })
        .collect();
    // Stable: of equally good ones the first stays first.
    tags.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

/// Whether a text is a language tag such as `de` or `pt-BR`.
pub fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or("");
    let is_language =
        (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    tag.len() <= MAX_TAG_CHARS && is_language && parts.all(is_part)
}

/// Thousandths; 1000 where nothing is said.
fn weight(parameters: &str) -> Option<u16> {
    if parameters.is_empty() {
        return Some(1000);
    }
    let value: f32 = parameters.strip_prefix("q=")?.trim().parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1000 after the check"
    )]
    (0.0..=1.0)
        .contains(&value)
        .then(|| (value * 1000.0).round() as u16)
}

/// The first of the reader's languages that there is, also by a shorter tag: `de` for `de-AT`.
pub fn best<'a, T>(wanted: &[String], find: impl Fn(&str) -> Option<&'a T>) -> Option<&'a T> {
    wanted.iter().find_map(|tag| {
        let mut tag = tag.as_str();
        loop {
            if let Some(found) = find(tag) {
                return Some(found);
            }
            tag = tag.rsplit_once('-')?.0;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_is_first() {
        assert_eq!(
            parse("de-AT, de;q=0.9, en;q=0.5, fr"),
            ["de-at", "fr", "de", "en"]
        );
        assert_eq!(parse("fr;q=0, *;q=0.1, en;q=x, ;;, de"), ["de"]);
        assert!(parse("").is_empty());
        assert_eq!(parse(&"de,".repeat(1000)).len(), MAX_LANGUAGES);
    }

    #[test]
    fn a_longer_tag_finds_a_shorter_one() {
        let there = ["de", "pt-br"];
        let find = |tag: &str| there.iter().find(|known| **known == tag);
        let best = |wanted: &str| best(&parse(wanted), find).copied();
        assert_eq!(best("de-AT-1996, en"), Some("de"));
        assert_eq!(best("fr, pt-BR;q=0.5, de;q=0.4"), Some("pt-br"));
        assert_eq!(best("pt"), None);
    }
}
