//! The shape of Stripe's keys, read before anything is sent: which kind, which mode, and as far as the text tells,
//! which account.
//!
//! Stripe's "API keys" page: publishable `pk_`, secret `sk_`, restricted `rk_`, each with `test_` or `live_`;
//! webhook signing secrets `whsec_`. Keys made since 2020 carry a part of the account's id behind the mode.

use crate::Mode;

/// Why a pasted text is not the key that its field wants. None of these repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was pasted.
    #[error("Paste the key here.")]
    Missing,
    /// A secret key in the field of the publishable key.
    #[error(
        "This is a secret key. Paste it into the field for the secret key; here goes the key that starts with pk_."
    )]
    SecretInPublishableField,
    /// A publishable key in the field of the secret key.
    #[error("This is a publishable key. Here goes the secret key: it starts with sk_ or rk_.")]
    PublishableInSecretField,
    /// A signing secret in a key's field.
    #[error("This is a webhook signing secret. It goes into the field for the signing secret.")]
    WebhookSecretInKeyField,
    /// A key in the field of the signing secret.
    #[error(
        "This is an API key. The signing secret starts with whsec_; Stripe shows it on the webhook endpoint's page."
    )]
    KeyInWebhookSecretField,
    /// Not a publishable key at all.
    #[error(
        "A publishable key starts with pk_test_ or pk_live_. Copy it again from Stripe's API keys page."
    )]
    NotAPublishableKey,
    /// Not a secret key at all.
    #[error(
        "A secret key starts with sk_test_, sk_live_, rk_test_ or rk_live_. Copy it again from Stripe's API keys page."
    )]
    NotASecretKey,
    /// Not a signing secret at all.
    #[error(
        "A signing secret starts with whsec_. Copy it again from the webhook endpoint's page at Stripe."
    )]
    NotAWebhookSecret,
    /// White space or other characters inside.
    #[error(
        "The key contains characters that no key has, such as a space or a line break. Copy it again."
    )]
    InvalidCharacter,
    /// Shorter or longer than any key.
    #[error("The key is not complete. Copy it again, with the copy button beside it at Stripe.")]
    InvalidLength,
}

/// The kinds of text that Stripe gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Publishable,
    Secret,
    WebhookSecret,
}

/// Real keys have 32 to about 110 characters; the bounds leave room on both sides.
const MIN_KEY_CHARS: usize = 16;
const MAX_KEY_CHARS: usize = 255;

/// Checks a pasted publishable key and tells its mode. The text must be trimmed already.
pub fn check_publishable(text: &str) -> Result<Mode, KeyError> {
    match kind(text)? {
        Some((Kind::Publishable, mode)) => check_rest(text).map(|()| mode),
        Some((Kind::Secret, _)) => Err(KeyError::SecretInPublishableField),
        Some((Kind::WebhookSecret, _)) => Err(KeyError::WebhookSecretInKeyField),
        None => Err(KeyError::NotAPublishableKey),
    }
}

/// Checks a pasted secret or restricted key and tells its mode. The text must be trimmed already.
pub fn check_secret(text: &str) -> Result<Mode, KeyError> {
    match kind(text)? {
        Some((Kind::Secret, mode)) => check_rest(text).map(|()| mode),
        Some((Kind::Publishable, _)) => Err(KeyError::PublishableInSecretField),
        Some((Kind::WebhookSecret, _)) => Err(KeyError::WebhookSecretInKeyField),
        None => Err(KeyError::NotASecretKey),
    }
}

/// Checks a pasted webhook signing secret. The text must be trimmed already.
pub fn check_webhook_secret(text: &str) -> Result<(), KeyError> {
    match kind(text)? {
        Some((Kind::WebhookSecret, _)) => check_rest(text),
        Some(_) => Err(KeyError::KeyInWebhookSecretField),
        None => Err(KeyError::NotAWebhookSecret),
    }
}

/// Whether two keys are of one account, as far as their texts tell: `None` where they do not.
pub fn same_account(publishable: &str, secret: &str) -> Option<bool> {
    Some(account_part(publishable)? == account_part(secret)?)
}

fn kind(text: &str) -> Result<Option<(Kind, Mode)>, KeyError> {
    const PREFIXES: [(&str, Kind, Mode); 7] = [
        ("pk_test_", Kind::Publishable, Mode::Test),
        ("pk_live_", Kind::Publishable, Mode::Live),
        ("sk_test_", Kind::Secret, Mode::Test),
        ("sk_live_", Kind::Secret, Mode::Live),
        ("rk_test_", Kind::Secret, Mode::Test),
        ("rk_live_", Kind::Secret, Mode::Live),
        ("whsec_", Kind::WebhookSecret, Mode::Test),
    ];
    if text.is_empty() {
        return Err(KeyError::Missing);
    }
    Ok(PREFIXES
        .iter()
        .find(|(prefix, ..)| text.starts_with(prefix))
        .map(|&(_, kind, mode)| (kind, mode)))
}

fn check_rest(text: &str) -> Result<(), KeyError> {
    if !(MIN_KEY_CHARS..=MAX_KEY_CHARS).contains(&text.len()) {
        return Err(KeyError::InvalidLength);
    }
    // Signing secrets may hold base64 characters; API keys are letters, digits and underscores.
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'=');
    if text.bytes().all(valid) {
        Ok(())
    } else {
        Err(KeyError::InvalidCharacter)
    }
}

/// `51` and the account id's own characters (`acct_1…` without the prefix) stand behind the mode in newer keys.
fn account_part(key: &str) -> Option<&str> {
    const ACCOUNT_CHARS: usize = 16;
    // At least this much must follow, or the text is not of the newer kind.
    const MIN_REST_CHARS: usize = 48;
    let rest = key.splitn(3, '_').nth(2)?;
    let newer =
        rest.starts_with("51") && rest.len() >= ACCOUNT_CHARS + MIN_REST_CHARS && rest.is_ascii();
    newer.then(|| &rest[..ACCOUNT_CHARS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_each_prefix_in_each_field() {
        let rest = "FAKEFAKEFAKEFAKEFAKE0000";
        let prefixes = [
            "pk_test_", "pk_live_", "sk_test_", "sk_live_", "rk_test_", "rk_live_", "whsec_",
            "acct_",
        ];
        for prefix in prefixes {
            let key = format!("{prefix}{rest}");
            assert_eq!(
                check_publishable(&key).is_ok(),
                prefix.starts_with("pk_"),
                "{prefix}"
            );
            assert_eq!(
                check_secret(&key).is_ok(),
                prefix.starts_with("sk_") || prefix.starts_with("rk_"),
                "{prefix}"
            );
            assert_eq!(
                check_webhook_secret(&key).is_ok(),
                prefix == "whsec_",
                "{prefix}"
            );
        }
    }

    #[test]
    fn damaged_keys_are_refused() {
        for (key, error) in [
            ("", KeyError::Missing),
            ("sk_test_", KeyError::InvalidLength),
            ("sk_test_FAKE FAKE FAKE FAKE", KeyError::InvalidCharacter),
            (
                "sk_test_FAKEFAKE\u{200b}FAKEFAKE",
                KeyError::InvalidCharacter,
            ),
            ("sk_test_FAKEFAKE\nFAKEFAKEFAKE", KeyError::InvalidCharacter),
            ("SK_TEST_FAKEFAKEFAKEFAKE", KeyError::NotASecretKey),
        ] {
            assert_eq!(check_secret(key), Err(error), "{key:?}");
        }
        assert_eq!(
            check_secret(&format!("sk_test_{}", "F".repeat(300))),
            Err(KeyError::InvalidLength)
        );
    }

    #[test]
    fn compares_accounts_only_where_keys_tell() {
        let key = |kind: &str, account: &str| format!("{kind}_test_51{account}{}", "x".repeat(70));
        assert_eq!(
            same_account(&key("pk", "FAKEaccount0AAA"), &key("sk", "FAKEaccount0AAA")),
            Some(true)
        );
        assert_eq!(
            same_account(&key("pk", "FAKEaccount0AAA"), &key("sk", "FAKEaccount0BBB")),
            Some(false)
        );
        assert_eq!(
            same_account("pk_test_FAKEFAKEFAKE", "sk_test_FAKEFAKEFAKE"),
            None
        );
    }
}
