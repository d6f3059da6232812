//! Whether keys may put another Stripe account in the place of the one that a store is connected to.
//!
//! A slip of the paste would send the shop's income elsewhere, so a person confirms it, naming the account. The former account
//! keeps its orders: they are refunded, captured and followed through it.

use db::connections::Connection;
use domain::Mode;

/// Who has agreed to another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Nobody yet: ask.
    Ask,
    /// A person, to this account and to no other.
    ConfirmedTo(String),
    /// The operator, to whichever account the keys are of.
    Allowed,
}

/// A change that a person has to confirm first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The mode of both.
    pub mode: Mode,
    /// The account that is connected.
    pub connected: String,
    /// The account of the new keys.
    pub new: String,
}

/// Tells which account is replaced, if one is.
pub(super) fn check(
    current: Option<&Connection>,
    new_account: &str,
    change: &AccountChange,
) -> Result<Option<String>, Unconfirmed> {
    let Some(current) = current.filter(|current| current.account_id != new_account) else {
        return Ok(None);
    };
    let agreed = match change {
        AccountChange::Ask => false,
        AccountChange::ConfirmedTo(account) => account == new_account,
        AccountChange::Allowed => true,
    };
    let connected = current.account_id.clone();
    if agreed {
        Ok(Some(connected))
    } else {
        Err(Unconfirmed {
            mode: current.mode,
            connected,
            new: new_account.to_owned(),
        })
    }
}
