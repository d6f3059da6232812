//! Which stores get a forwarder, and why the others do not. Pure.

use db::connections::StoreAccount;
use db::webhook_secrets::SignedAccount;
use domain::{Mode, StoreId};

use super::login::Login;

/// As many `stripe listen` as one development machine reasonably runs.
pub const MAX_FORWARDERS: usize = 10;

/// Why there is no forwarder, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Skip {
    /// `STRIPE_API_BASE` names a stand-in.
    #[error("STRIPE_API_BASE is not Stripe's: the sandbox delivers its events by itself")]
    StandIn,
    /// Nothing is connected in test mode, live is.
    #[error(
        "the store is connected with a live key: only test events are forwarded to a development machine"
    )]
    LiveKey,
    /// Events reach the store another way.
    #[error("a signing secret is set already")]
    SecretSet,
    /// There is no such command in `PATH`.
    #[error(
        "the `stripe` command is not installed (https://docs.stripe.com/stripe-cli); until then payments are found by asking Stripe"
    )]
    NotInstalled,
    /// The command has no login for test mode.
    #[error("the `stripe` command is not signed in: run `stripe login`")]
    NotSignedIn,
    /// The command's login would bring another account's events.
    #[error(
        "the `stripe` command is signed in to {signed_in}, but the store is connected to {connected}: run `stripe login` for that account"
    )]
    OtherAccount {
        /// The login's account.
        signed_in: String,
        /// The store's account.
        connected: String,
    },
    /// [`MAX_FORWARDERS`] run.
    #[error("{MAX_FORWARDERS} stores have a forwarder already, no more are started")]
    TooMany,
    /// The command is there but cannot be run, or does not answer.
    #[error("the `stripe` command cannot be used: {0}")]
    Unusable(String),
}

impl Skip {
    /// Whether it concerns the machine and not one store.
    pub fn is_about_the_machine(&self) -> bool {
        matches!(
            self,
            Self::StandIn | Self::NotInstalled | Self::NotSignedIn | Self::Unusable(_)
        )
    }
}

/// A connected store, as far as its forwarder is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The tenant.
    pub store_id: StoreId,
    /// Its account in test mode; `None` where only live keys are connected.
    pub test_account: Option<String>,
    /// Whether that account has a valid signing secret.
    pub has_secret: bool,
}

impl Candidate {
    /// What the store itself says against a forwarder; else the account whose events it needs.
    pub fn wants(&self) -> Result<&str, Skip> {
        let account_id = self.test_account.as_deref().ok_or(Skip::LiveKey)?;
        if self.has_secret {
            return Err(Skip::SecretSet);
        }
        Ok(account_id)
    }
}

/// One candidate per store, in the order of the accounts.
pub fn candidates(accounts: Vec<StoreAccount>, signed: &[SignedAccount]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for account in accounts {
        let has_secret = account.mode == Mode::Test
            && signed.iter().any(|one| {
                one.store_id == account.store_id && one.account_id == account.account_id
            });
        let test_account = (account.mode == Mode::Test).then_some(account.account_id);
        let known = candidates
            .iter_mut()
            .find(|one| one.store_id == account.store_id);
        match known {
            Some(known) => {
                known.test_account = known.test_account.take().or(test_account);
                known.has_secret |= has_secret;
            }
            None => candidates.push(Candidate {
                store_id: account.store_id,
                test_account,
                has_secret,
            }),
        }
    }
    candidates
}

/// Whether the login brings this account's events. One that does not tell its account is believed: an event of
/// another account names no payment of the store, and the payment is read with the store's own key before it counts.
pub fn fits(login: &Login, account_id: &str) -> Result<(), Skip> {
    match &login.account_id {
        Some(signed_in) if signed_in != account_id => Err(Skip::OtherAccount {
            signed_in: signed_in.clone(),
            connected: account_id.to_owned(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(store_id: StoreId, mode: Mode, account_id: &str) -> StoreAccount {
        StoreAccount {
            store_id,
            mode,
            account_id: account_id.to_owned(),
        }
    }

    #[test]
    fn a_store_wants_one_only_in_test_mode_and_without_a_secret() {
        let [test, live, both, set] = std::array::from_fn(|_| StoreId::generate());
        let accounts = vec![
            account(test, Mode::Test, "acct_1"),
            account(live, Mode::Live, "acct_2"),
            account(both, Mode::Live, "acct_3"),
            account(set, Mode::Test, "acct_4"),
            account(both, Mode::Test, "acct_5"),
        ];
        let signed = |store_id, account_id: &str| SignedAccount {
            store_id,
            account_id: account_id.to_owned(),
        };
        // The other secret is of an account that the store had before.
        let candidates = candidates(accounts, &[signed(set, "acct_4"), signed(test, "acct_0")]);
        let wants: Vec<_> = candidates
            .iter()
            .map(|one| (one.store_id, one.wants()))
            .collect();
        let expected = [
            (test, Ok("acct_1")),
            (live, Err(Skip::LiveKey)),
            (both, Ok("acct_5")),
            (set, Err(Skip::SecretSet)),
        ];
        assert_eq!(wants, expected);
    }

    #[test]
    fn a_login_of_another_account_does_not_fit() {
        let login = |account_id: Option<&str>| Login {
            account_id: account_id.map(str::to_owned),
        };
        assert_eq!(fits(&login(Some("acct_1")), "acct_1"), Ok(()));
        assert_eq!(fits(&login(None), "acct_1"), Ok(()));
        let skip = fits(&login(Some("acct_2")), "acct_1").unwrap_err();
        let words = skip.to_string();
        assert!(words.contains("signed in to acct_2"), "{words}");
        assert!(words.contains("connected to acct_1"), "{words}");
    }
}
