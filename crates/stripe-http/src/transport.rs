//! What all stores share: the connection pool, the limits and the address of Stripe. Holds no key.

use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use crate::Client;

/// Where Stripe is and how long we wait for it.
#[derive(Debug, Clone)]
pub struct TransportConfig {
    /// Origin of the API: `https`, or `http` to loopback only (the sandbox). No path, query or user.
    pub api_base: Url,
    /// Longest wait for a TCP and TLS connection.
    pub connect_timeout: Duration,
    /// Longest time from the call to its answer, all retries and waits included.
    pub total_timeout: Duration,
    /// First wait before a retry; the next one is twice as long, both with jitter.
    pub backoff_base: Duration,
}

impl Default for TransportConfig {
    #[expect(clippy::expect_used, reason = "a constant URL, parsed by every test")]
    fn default() -> Self {
        Self {
            api_base: Url::parse("https://api.stripe.com").expect("constant URL"),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            backoff_base: Duration::from_millis(500),
        }
    }
}

/// Why a [`TransportConfig`] is refused at start-up.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Keys would travel in the clear.
    #[error("the Stripe API base must be https, or http to a loopback address")]
    InsecureApiBase,
    /// The base carries more than an origin.
    #[error("the Stripe API base must be an origin, without user, path, query or fragment")]
    NotAnOrigin,
    /// A timeout of zero would refuse every call.
    #[error("Stripe timeouts must be longer than zero")]
    ZeroTimeout,
    /// No usable TLS set-up, for example no certificate authorities on this machine.
    #[error("TLS for Stripe could not be set up")]
    Tls(#[source] reqwest::Error),
}

/// The shared, keyless way to Stripe. Cheap to clone: clones share one connection pool.
#[derive(Debug, Clone)]
pub struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) config: TransportConfig,
}

impl Transport {
    /// Who is asked.
    pub fn api_base(&self) -> &Url {
        &self.config.api_base
    }

    /// Checks the settings and sets up TLS and the connection pool.
    ///
    /// Proxy variables of the environment are ignored (a proxy would see the merchants' traffic)
    /// and redirects are never followed (a redirect would carry the key to another host).
    pub fn new(config: TransportConfig) -> Result<Self, ConfigError> {
        check_origin(&config.api_base)?;
        if config.connect_timeout.is_zero() || config.total_timeout.is_zero() {
            return Err(ConfigError::ZeroTimeout);
        }
        let builder = reqwest::Client::builder()
            .user_agent(concat!("tillgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            // Below the keep-alive of common load balancers, so that a reused connection is rarely a dead one.
            .pool_idle_timeout(Duration::from_secs(30))
            .no_proxy()
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            // Only `retry.rs` repeats a request, inside the deadline and with the same key.
            .retry(reqwest::retry::never());
        let builder = if config.api_base.scheme() == "https" {
            builder.https_only(true)
        } else {
            // Loopback needs no certificate authorities, which a minimal container may not have.
            builder.tls_certs_only([])
        };
        let http = builder.build().map_err(ConfigError::Tls)?;
        Ok(Self { http, config })
    }

    /// A client that acts with one store's key. Let it live as long as one request or one job: the
    /// key is wiped when it drops.
    pub fn client(&self, key: SecretString) -> Client {
        Client::new(self.clone(), key)
    }
}

fn check_origin(api_base: &Url) -> Result<(), ConfigError> {
    let secure = match api_base.scheme() {
        "https" => api_base.host().is_some(),
        "http" => is_loopback(api_base),
        _ => false,
    };
    if !secure {
        return Err(ConfigError::InsecureApiBase);
    }
    let bare = api_base.username().is_empty()
        && api_base.password().is_none()
        && api_base.path() == "/"
        && api_base.query().is_none()
        && api_base.fragment().is_none();
    if bare {
        Ok(())
    } else {
        Err(ConfigError::NotAnOrigin)
    }
}

fn is_loopback(base: &Url) -> bool {
    match base.host() {
        // RFC 6761, section 6.3: `localhost` always is loopback.
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(base: &str) -> Result<Transport, ConfigError> {
        Transport::new(TransportConfig {
            api_base: Url::parse(base).unwrap(),
            ..TransportConfig::default()
        })
    }

    #[test]
    fn plain_http_goes_to_loopback_only() {
        for base in [
            "http://127.0.0.1:12111",
            "http://127.8.8.8",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert!(outcome(base).is_ok(), "{base}");
        }
        for base in [
            "http://api.stripe.com",
            "http://10.0.0.1",
            "http://[::ffff:10.0.0.1]",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
        ] {
            assert!(
                matches!(outcome(base), Err(ConfigError::InsecureApiBase)),
                "{base}"
            );
        }
    }

    #[test]
    fn the_base_is_an_origin() {
        for base in [
            "https://user@api.stripe.com",
            "https://u:p@api.stripe.com",
            "https://api.stripe.com/v1",
            "https://api.stripe.com/?a=1",
            "https://api.stripe.com/#f",
        ] {
            assert!(
                matches!(outcome(base), Err(ConfigError::NotAnOrigin)),
                "{base}"
            );
        }
    }

    #[test]
    fn a_zero_timeout_is_refused() {
        let config = TransportConfig {
            total_timeout: Duration::ZERO,
            ..TransportConfig::default()
        };
        assert!(matches!(
            Transport::new(config),
            Err(ConfigError::ZeroTimeout)
        ));
    }

    #[test]
    fn the_defaults_are_stripes_own_host_and_the_promised_deadlines() {
        let config = TransportConfig::default();
        assert_eq!(config.api_base.as_str(), "https://api.stripe.com/");
        assert_eq!(config.connect_timeout, Duration::from_secs(5));
        assert_eq!(config.total_timeout, Duration::from_secs(30));
        assert_eq!(config.backoff_base, Duration::from_millis(500));
    }
}
