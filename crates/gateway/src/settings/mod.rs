//! The deployment's settings, read once. Every field names its variable; `docs/settings.md` lists them.

pub(crate) mod data_file;
mod load;
mod parse;
mod secrets;
mod sources;
mod strength;

pub use load::{Defaults, Loaded, load};
pub use sources::{Fault, LoadError};

use std::net::SocketAddr;

use domain::return_url::Origin;
use secrecy::{SecretSlice, SecretString};
use url::Url;

/// Whether missing secrets may be generated (`TILLGATE_ENV`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Secrets are generated into `data/`; `/demo` exists.
    Development,
    /// A missing, weak or default value stops the start.
    Production,
}

/// How log lines look (`LOG_FORMAT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// Everything that an operator can set.
#[derive(Debug)]
pub struct Settings {
    /// `TILLGATE_ENV`
    pub environment: Environment,
    /// `BIND_ADDR`: where we listen.
    pub bind_addr: SocketAddr,
    /// `PUBLIC_URL`: what browsers and Stripe see; an origin.
    pub public_url: Url,
    /// `DATABASE_URL`: may hold a password.
    pub database_url: SecretString,
    /// `VAULT_KEYS`
    pub vault_keys: SecretString,
    /// `TOKEN_KEYS`, decoded, newest first.
    pub token_keys: Vec<SecretSlice<u8>>,
    /// `INTERNAL_SECRETS`
    pub internal_secrets: Vec<SecretString>,
    /// `STRIPE_API_BASE`
    pub stripe_api_base: Url,
    /// `STRIPE_JS_URL`
    pub stripe_js_url: Url,
    /// `RETURN_ORIGINS`: where browsers may be sent back to, for every store. Always holds `PUBLIC_URL`'s.
    pub return_origins: Vec<Origin>,
    /// `REQUIRE_LIVE_KEYS`: refuse test keys at connect.
    pub require_live_keys: bool,
    /// `RATE_LIMIT_SCALE`: multiplies every request budget; 0 switches them off.
    pub rate_limit_scale: f64,
    /// `MIGRATE_ON_START`
    pub migrate_on_start: bool,
    /// `LOG_FORMAT`
    pub log_format: LogFormat,
}

impl Settings {
    /// `PUBLIC_URL` as an origin.
    pub fn public_origin(&self) -> Origin {
        Origin::of(&self.public_url)
    }

    /// A URL of ours: `PUBLIC_URL` and an absolute path.
    pub fn public(&self, path: &str) -> String {
        format!("{}{path}", self.public_origin())
    }

    /// Takes note of the address that was really bound. A `PUBLIC_URL` that only repeats `BIND_ADDR` follows it.
    pub fn follow_bound_address(&mut self, bound: SocketAddr) {
        let was = self.public_origin();
        let repeats_bind_addr = default_public_url(self.bind_addr) == was.as_str();
        self.bind_addr = bound;
        if repeats_bind_addr && let Ok(public_url) = Url::parse(&default_public_url(bound)) {
            self.public_url = public_url;
            let now = self.public_origin();
            self.return_origins
                .iter_mut()
                .filter(|origin| **origin == was)
                .for_each(|origin| *origin = now.clone());
        }
    }

    /// Whether `PUBLIC_URL` is https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

/// What browsers see where nobody says otherwise.
fn default_public_url(bind_addr: SocketAddr) -> String {
    format!("http://{bind_addr}")
}

#[cfg(test)]
mod tests;
