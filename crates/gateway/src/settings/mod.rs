//! The deployment's settings, read once. Every field names its variable; `docs/settings.md` lists them.

pub(crate) mod data_file;
mod load;
mod parse;
mod secrets;
mod sources;
mod strength;

pub use load::{Defaults, Loaded, load};
pub use sources::{Fault, LoadError};

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use domain::address::Network;
use domain::return_url::{Origin, is_loopback};
use jiff::SignedDuration;
use secrecy::{SecretSlice, SecretString};
use url::{Host, Url};

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
    /// `REGISTER_WEBHOOKS`: whether we set up webhook endpoints in the merchants' accounts.
    pub register_webhooks: bool,
    /// `RATE_LIMIT_SCALE`: multiplies every request budget; 0 switches them off.
    pub rate_limit_scale: f64,
    /// `TRUSTED_PROXIES`: who may say in `X-Forwarded-For` whom a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// `WEBHOOK_SECRET_OVERLAP_HOURS`: how long a signing secret that was replaced still verifies.
    pub webhook_secret_overlap: SignedDuration,
    /// `RECONCILE_INTERVAL_SECONDS`: how often each account's events are listed; `None` leaves it to
    /// [`Settings::reconcile_interval`].
    pub reconcile_interval_setting: Option<SignedDuration>,
    /// `EVENT_RETENTION_DAYS`: how long events that are done with are kept.
    pub event_retention: SignedDuration,
    /// `STOCK_HOLD_MINUTES`: how long an order keeps its pieces without being paid.
    pub stock_hold: SignedDuration,
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

    /// Whether Stripe can deliver webhooks to `PUBLIC_URL`: it is public https, or the Stripe that we use is a sandbox on this
    /// machine.
    pub fn stripe_can_reach_us(&self) -> bool {
        is_loopback(&self.stripe_api_base) || (self.is_https() && !is_private(&self.public_url))
    }

    /// The origin to which Stripe delivers: `PUBLIC_URL`'s. A sandbox on this machine delivers to the port where we listen,
    /// whatever stands before `PUBLIC_URL`.
    pub fn webhook_origin(&self) -> String {
        if !is_loopback(&self.stripe_api_base) {
            return self.public_origin().to_string();
        }
        let mut address = self.bind_addr;
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        default_public_url(address)
    }

    /// How often each account's events are listed. Where Stripe cannot reach a developer's machine, often enough that payments
    /// work at once.
    pub fn reconcile_interval(&self) -> SignedDuration {
        const USUAL: SignedDuration = SignedDuration::from_mins(5);
        const UNREACHABLE: SignedDuration = SignedDuration::from_secs(4);
        self.reconcile_interval_setting.unwrap_or(
            if self.environment == Environment::Development && !self.stripe_can_reach_us() {
                UNREACHABLE
            } else {
                USUAL
            },
        )
    }

    /// Whether `PUBLIC_URL` is https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

/// Whether a URL's host is one that only this network knows: Stripe has no way there.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => {
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
        }
        Some(Host::Ipv6(ip)) => {
            ip.is_loopback()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_unspecified()
        }
        Some(Host::Domain(name)) => {
            let is_local = |suffix: &str| name.ends_with(suffix);
            !name.contains('.')
                || [
                    ".localhost",
                    ".local",
                    ".internal",
                    ".test",
                    ".lan",
                    ".home.arpa",
                ]
                .into_iter()
                .any(is_local)
        }
        None => true,
    }
}

/// What browsers see where nobody says otherwise.
fn default_public_url(bind_addr: SocketAddr) -> String {
    format!("http://{bind_addr}")
}

#[cfg(test)]
mod tests;
