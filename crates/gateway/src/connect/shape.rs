//! What three pasted texts tell about themselves, before anybody is asked. Pure.

use std::borrow::Cow;

use domain::Mode;
use domain::stripe_keys::{self, KeyError};
use secrecy::ExposeSecret;

use super::keys::ConnectInput;

/// What is wrong with the form, beside the field where it is to be mended. Never repeats what was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// With no field in particular.
    pub form: Option<Cow<'static, str>>,
    /// With the publishable key.
    pub publishable_key: Option<Cow<'static, str>>,
    /// With the secret key.
    pub secret_key: Option<Cow<'static, str>>,
    /// With the webhook signing secret.
    pub webhook_secret: Option<Cow<'static, str>>,
}

impl FormErrors {
    /// Wrong at the publishable key.
    pub fn publishable_key(message: &'static str) -> Self {
        Self {
            publishable_key: Some(message.into()),
            ..Self::default()
        }
    }

    /// Wrong at the secret key.
    pub fn secret_key(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            secret_key: Some(message.into()),
            ..Self::default()
        }
    }
}

/// Which keys a deployment takes (`REQUIRE_LIVE_KEYS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Test keys too.
    BothModes,
    /// Live keys only.
    LiveOnly,
}

/// The keys' mode, if each text is what its field wants and the two keys can belong together.
pub fn check(input: &ConnectInput, accepted: Accepted) -> Result<Mode, FormErrors> {
    let secret_key = input.secret_key.expose_secret();
    let publishable = stripe_keys::check_publishable(&input.publishable_key);
    let secret = stripe_keys::check_secret(secret_key);
    let webhook = input.webhook_secret.as_ref().map_or(Ok(()), |text| {
        stripe_keys::check_webhook_secret(text.expose_secret())
    });
    let (Ok(mode), Ok(secret_mode), Ok(())) = (publishable, secret, webhook) else {
        return Err(FormErrors {
            form: None,
            publishable_key: publishable.err().map(words),
            secret_key: secret.err().map(words),
            webhook_secret: webhook.err().map(words),
        });
    };
    if secret_mode != mode {
        return Err(FormErrors::secret_key(match secret_mode {
            Mode::Live => {
                "This is a live key, but the publishable key is a test key. Paste two keys of the same mode."
            }
            Mode::Test => {
                "This is a test key, but the publishable key is a live key. Paste two keys of the same mode."
            }
        }));
    }
    if accepted == Accepted::LiveOnly && mode == Mode::Test {
        return Err(FormErrors::secret_key(
            "Test keys are not accepted here. Paste the live keys of your account.",
        ));
    }
    if stripe_keys::same_account(&input.publishable_key, secret_key) == Some(false) {
        return Err(FormErrors::publishable_key(OTHER_ACCOUNT));
    }
    Ok(mode)
}

/// Also the answer when Stripe says so.
pub(super) const OTHER_ACCOUNT: &str = "This key belongs to another Stripe account than the secret key. Copy both keys from the same account.";

fn words(error: KeyError) -> Cow<'static, str> {
    error.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::account_change::AccountChange;
    use secrecy::SecretString;

    const REST: &str = "FAKEFAKEFAKEFAKEFAKE0000";

    fn input(publishable: &str, secret: &str, webhook: Option<&str>) -> ConnectInput {
        let key = |prefix: &str| format!("{prefix}{REST}");
        ConnectInput {
            publishable_key: key(publishable),
            secret_key: SecretString::from(key(secret)),
            webhook_secret: webhook.map(|prefix| SecretString::from(key(prefix))),
            token_id: None,
            account_change: AccountChange::Ask,
        }
    }

    #[test]
    fn c4_modes_must_agree() {
        let check =
            |publishable, secret| check(&input(publishable, secret, None), Accepted::BothModes);
        assert_eq!(check("pk_test_", "sk_test_"), Ok(Mode::Test));
        assert_eq!(check("pk_live_", "rk_live_"), Ok(Mode::Live));
        for (publishable, secret) in [("pk_test_", "sk_live_"), ("pk_live_", "rk_test_")] {
            let errors = check(publishable, secret).unwrap_err();
            assert!(
                errors.secret_key.unwrap().contains("same mode"),
                "{publishable} {secret}"
            );
            assert_eq!(errors.publishable_key, None);
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let errors = check(
            &input("sk_test_", "whsec_", Some("pk_test_")),
            Accepted::BothModes,
        )
        .unwrap_err();
        assert!(
            errors.publishable_key.is_some()
                && errors.secret_key.is_some()
                && errors.webhook_secret.is_some()
        );
    }

    #[test]
    fn test_keys_can_be_refused() {
        assert_eq!(
            check(&input("pk_live_", "sk_live_", None), Accepted::LiveOnly),
            Ok(Mode::Live)
        );
        assert!(
            check(&input("pk_test_", "sk_test_", None), Accepted::LiveOnly)
                .unwrap_err()
                .secret_key
                .is_some()
        );
    }

    #[test]
    fn c5_two_accounts_are_told_from_newer_keys() {
        let key = |kind: &str, account: &str| format!("{kind}_test_51{account}{}", "x".repeat(70));
        let input = ConnectInput {
            publishable_key: key("pk", "FAKEaccount0AAA"),
            secret_key: SecretString::from(key("sk", "FAKEaccount0BBB")),
            webhook_secret: None,
            token_id: None,
            account_change: AccountChange::Ask,
        };
        let errors = check(&input, Accepted::BothModes).unwrap_err();
        assert_eq!(errors.publishable_key.as_deref(), Some(OTHER_ACCOUNT));
    }
}
