//! `tillgate vault new-key`: a key for `VAULT_KEYS`.

use secrecy::ExposeSecret;
use vault::Vault;

use super::print;

/// Prints a new key and nothing else, so that it can be written to a file at once. It is kept nowhere.
pub fn run() -> anyhow::Result<()> {
    Ok(print::line(Vault::generate_key().expose_secret())?)
}
