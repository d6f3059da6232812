//! Where a browser may be sent after connecting or paying: only to an allowed origin, never anywhere else.
//!
//! The rules are those of OWASP's "Unvalidated Redirects and Forwards Cheat Sheet": an exact allow list of
//! origins, compared after parsing as browsers do (WHATWG URL), and no userinfo, backslash or control characters.

use std::fmt;

use url::{Host, Url};

/// Longer URLs break in browsers and proxies.
const MAX_URL_CHARS: usize = 2048;

/// Not a URL that a browser may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address must be an https URL whose origin is on the allowed list")]
pub struct InvalidReturnUrl;

/// Not an origin such as `https://shop.example.com`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin must look like https://shop.example.com, without a path (http only for localhost)"
)]
pub struct InvalidOrigin;

/// A web origin: scheme, host and port, in the form that browsers send in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin: https, or http on a loopback host; no path, query or userinfo.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let url = parse_strictly(text).ok_or(InvalidOrigin)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if bare {
            Ok(Self::of(&url))
        } else {
            Err(InvalidOrigin)
        }
    }

    /// The origin of a URL of our own settings.
    pub fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A URL whose origin was on the allowed list when it was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnUrl(Url);

impl ReturnUrl {
    /// Accepts an absolute URL of at most 2,048 characters whose origin is one of `allowed`.
    pub fn parse(text: &str, allowed: &[Origin]) -> Result<Self, InvalidReturnUrl> {
        let url = parse_strictly(text).ok_or(InvalidReturnUrl)?;
        if allowed.contains(&Origin::of(&url)) {
            Ok(Self(url))
        } else {
            Err(InvalidReturnUrl)
        }
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same URL with query parameters added behind what is there.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        url.into()
    }
}

fn parse_strictly(text: &str) -> Option<Url> {
    let acceptable = |c: char| !c.is_control() && !c.is_whitespace() && c != '\\';
    if text.chars().count() > MAX_URL_CHARS || !text.chars().all(acceptable) {
        return None;
    }
    // `https:host` and `https:///host` parse too, but nobody writes them honestly.
    let scheme_end = text.find("://")?;
    if text[scheme_end + 3..].starts_with('/') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let has_userinfo = !url.username().is_empty() || url.password().is_some();
    (secure && !has_userinfo).then_some(url)
}

/// Whether the URL's host is this machine (`localhost`, 127.0.0.0/8, `::1`).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vectors {
        allow_list: Vec<String>,
        vectors: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        return_url: String,
        expect: String,
        note: String,
    }

    #[test]
    fn c3_every_redirect_vector_holds() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../tests/vectors/extra_return_urls.json")).unwrap();
        let allowed: Vec<Origin> = vectors
            .allow_list
            .iter()
            .map(|text| Origin::parse(text).unwrap())
            .collect();
        assert_eq!(vectors.vectors.len(), 54);
        for vector in vectors.vectors {
            let got = if ReturnUrl::parse(&vector.return_url, &allowed).is_ok() {
                "allow"
            } else {
                "deny"
            };
            assert_eq!(got, vector.expect, "{}: {}", vector.note, vector.return_url);
        }
    }

    #[test]
    fn adds_parameters_behind_existing_ones() {
        let allowed = [Origin::parse("https://shop.example.com").unwrap()];
        let url = ReturnUrl::parse("https://shop.example.com/x?a=1#top", &allowed).unwrap();
        assert_eq!(
            url.with_query(&[("connected", "true")]),
            "https://shop.example.com/x?a=1&connected=true#top"
        );
    }

    #[test]
    fn http_only_on_this_machine() {
        assert!(Origin::parse("http://localhost:3000").is_ok());
        assert!(Origin::parse("http://127.0.0.1:8080").is_ok());
        assert!(Origin::parse("http://shop.example.com").is_err());
        assert!(Origin::parse("https://shop.example.com/path").is_err());
    }
}
