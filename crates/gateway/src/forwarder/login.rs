//! Whether the `stripe` command is signed in, and to which account. Asked of the command itself.
//!
//! Newer versions answer `stripe whoami`, which tells no key. Older ones only have `stripe config --list`, whose output
//! holds the test key: it is read, wiped, and never kept or logged.

use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::skip::Skip;
use super::stripe_command;

/// A login that can listen in test mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Stripe's `acct_…`, if the command tells.
    pub account_id: Option<String>,
}

/// As versions from 2026 are asked, newest first.
const WHOAMI: [&[&str]; 2] = [&["whoami", "--format", "json"], &["whoami", "--json"]];

/// Asks the `stripe` command in `PATH`. Starts it up to three times; each answer is waited for 10 seconds.
pub async fn find() -> Result<Login, Skip> {
    for arguments in WHOAMI {
        let answer = stripe_command::ask(arguments).await?;
        if let Some(found) = from_whoami(&answer) {
            return found;
        }
    }
    let listing = stripe_command::ask(&["config", "--list"]).await?;
    let project = std::env::var(stripe_command::PROJECT_NAME);
    from_config(&listing, project.as_deref().unwrap_or("default"))
}

#[derive(Deserialize)]
struct WhoAmI {
    /// Absent where the login is by OAuth.
    authenticated: Option<bool>,
    account_id: Option<String>,
    test_mode_key: Option<Key>,
    /// The accounts of a login by OAuth; `account_id` is the one in use.
    authorized_accounts: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Key {
    available: bool,
}

/// `None` where this version of the command does not know the question.
fn from_whoami(answer: &[u8]) -> Option<Result<Login, Skip>> {
    let who: WhoAmI = serde_json::from_slice(answer).ok()?;
    let account_id = who.account_id.filter(|id| !id.is_empty());
    let signed_in = match who.authenticated {
        Some(authenticated) => authenticated && who.test_mode_key.is_none_or(|key| key.available),
        None if account_id.is_some() => true,
        None => {
            who.authorized_accounts?;
            false
        }
    };
    Some(if signed_in {
        Ok(Login { account_id })
    } else {
        Err(Skip::NotSignedIn)
    })
}

/// The names that the test key has had over the years.
const TEST_KEYS: [&str; 3] = ["test_mode_api_key", "secret_key", "api_key"];

/// Reads the profile from the configuration: the whole file in TOML for the default profile, `name=value` lines
/// under a heading for another.
fn from_config(listing: &[u8], project: &str) -> Result<Login, Skip> {
    // Keys stand in it; the answer itself is wiped by its owner.
    let listing = Zeroizing::new(String::from_utf8_lossy(listing).into_owned());
    let mut in_profile = false;
    let mut has_key = false;
    let mut account_id = None;
    for line in listing.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[') {
            let heading = heading.trim_end_matches(']').replace(['\'', '"'], "");
            in_profile = heading == project || heading.strip_prefix("profiles.") == Some(project);
        } else if in_profile && let Some((name, value)) = line.split_once('=') {
            let value = value.trim().trim_matches(['\'', '"']);
            match name.trim() {
                _ if value.is_empty() => {}
                "account_id" => account_id = Some(value.to_owned()),
                name if TEST_KEYS.contains(&name) => has_key = true,
                _ => {}
            }
        }
    }
    if has_key {
        Ok(Login { account_id })
    } else {
        Err(Skip::NotSignedIn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(account_id: Option<&str>) -> Login {
        Login {
            account_id: account_id.map(str::to_owned),
        }
    }

    #[test]
    fn whoami_tells_login_and_account() {
        let answer = |authenticated: bool, available: bool, account: &str| {
            format!(
                r#"{{"authenticated": {authenticated}, "profile_name": "default"{account},
                "test_mode_key": {{"available": {available}, "expires_at": null}}, "live_mode_key": {{"available": true}}}}"#
            )
        };
        for (answer, expected) in [
            (
                answer(true, true, r#", "account_id": "acct_1EXAMPLE""#),
                Some(Ok(login(Some("acct_1EXAMPLE")))),
            ),
            (answer(true, true, ""), Some(Ok(login(None)))),
            // A login for live mode alone cannot bring test events.
            (answer(true, false, ""), Some(Err(Skip::NotSignedIn))),
            (answer(false, false, ""), Some(Err(Skip::NotSignedIn))),
            (
                r#"{"account_id": "acct_1EXAMPLE", "mode": "test", "authorized_accounts": [{"id": "acct_1EXAMPLE"}]}"#
                    .to_owned(),
                Some(Ok(login(Some("acct_1EXAMPLE")))),
            ),
            // By OAuth, but no account was chosen.
            (
                r#"{"authorized_accounts": [{"id": "acct_1EXAMPLE"}]}"#.to_owned(),
                Some(Err(Skip::NotSignedIn)),
            ),
            ("{}".to_owned(), None),
            (r#"Unknown command "whoami" for "stripe"."#.to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(from_whoami(answer.as_bytes()), expected, "{answer}");
        }
    }

    #[test]
    fn the_listing_tells_the_profile_that_is_used() {
        let listing = "color = \"\"\n\n[default]\naccount_id = \"acct_1EXAMPLE\"\n\
            device_name = \"laptop\"\ntest_mode_api_key = \"rk_test_EXAMPLE\"\n\n\
            [other]\naccount_id = 'acct_2EXAMPLE'\n";
        let read = |listing: &str, project| from_config(listing.as_bytes(), project);
        assert_eq!(read(listing, "default"), Ok(login(Some("acct_1EXAMPLE"))));
        // It has an account, but no key.
        assert_eq!(read(listing, "other"), Err(Skip::NotSignedIn));
        assert_eq!(read(listing, "third"), Err(Skip::NotSignedIn));
        assert_eq!(read("", "default"), Err(Skip::NotSignedIn));
        let named = "[shop]\n  account_id=acct_3EXAMPLE\n  api_key=sk_test_EXAMPLE\n";
        assert_eq!(read(named, "shop"), Ok(login(Some("acct_3EXAMPLE"))));
        let second_layout = "[profiles.default]\ntest_mode_api_key = 'rk_test_EXAMPLE'\n";
        assert_eq!(read(second_layout, "default"), Ok(login(None)));
        let emptied = "[default]\ntest_mode_api_key = \"\"\n";
        assert_eq!(read(emptied, "default"), Err(Skip::NotSignedIn));
    }
}
