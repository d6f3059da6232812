//! What a caller chooses before the sandbox starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The API version that objects are rendered in, whatever version a request names.
pub const API_VERSION: &str = "2026-10-28.endive";

/// Where the sandbox reads the time; tests put a stopped clock here.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Ten minutes pass in a second: a test account's three retries within 20 seconds, a live one's three days in seven minutes.
const DEFAULT_WEBHOOK_SPEED: f64 = 600.0;

/// How a sandbox is started. [`Config::default`] listens on a free loopback port with no account.
#[derive(Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The accounts that exist from the start; more can be added with `POST /_sandbox/accounts`.
    pub accounts: Vec<AccountSpec>,
    /// The time in every object, signature and idempotency window.
    pub clock: Clock,
    /// How many times faster than at Stripe a webhook is tried again that was not answered with 2xx; 1 or more.
    pub webhook_speed: f64,
    /// What faults with a probability are drawn from: the same seed, rules and requests fail alike.
    pub seed: u64,
    /// Requests a second for each account and mode before Stripe's 429; none for no limit.
    pub rate_limit: Option<u32>,
    /// Where browsers reach the hosted pages, if not at the address that is listened on; without a slash at the end.
    pub public_url: Option<String>,
    /// Where the state is kept from one start to the next; none keeps it in memory only.
    pub state: Option<PathBuf>,
    /// How long one webhook delivery may take.
    pub webhook_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            accounts: Vec::new(),
            state: None,
            clock: Arc::new(system_time),
            webhook_speed: DEFAULT_WEBHOOK_SPEED,
            seed: 0,
            rate_limit: None,
            public_url: None,
            webhook_timeout: Duration::from_secs(10),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the sandbox reads the system clock; everything else asks Config::clock"
)]
fn system_time() -> Timestamp {
    Timestamp::now()
}

/// One Stripe account in one mode. The same `account_id` may be given twice, once with test keys and
/// once with live keys; the two modes share nothing, as at Stripe.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// `acct_…`
    pub account_id: String,
    /// `pk_test_…` or `pk_live_…`
    pub publishable_key: String,
    /// `sk_test_…`, `rk_test_…`, `sk_live_…` or `rk_live_…`; its mode is the account's mode.
    pub secret_key: String,
    /// ISO 3166-1 alpha-2, upper case.
    #[serde(default = "default_country")]
    pub country: String,
    /// ISO 4217, lower case.
    #[serde(default = "default_currency")]
    pub default_currency: String,
    /// What Stripe would show as the business's name.
    #[serde(default = "default_business_name")]
    pub business_name: String,
}

impl AccountSpec {
    /// Whether the account's keys are live keys, or what is wrong with them.
    pub(crate) fn livemode(&self) -> Result<bool, &'static str> {
        let mode = |key: &str, kinds: &[&str]| {
            let (kind, rest) = key.split_once('_')?;
            let (mode, random) = rest.split_once('_')?;
            (kinds.contains(&kind) && !random.is_empty()).then_some(())?;
            match mode {
                "test" => Some(false),
                "live" => Some(true),
                _ => None,
            }
        };
        if !self.account_id.starts_with("acct_") {
            return Err("the account id must start with acct_");
        }
        let secret = mode(&self.secret_key, &["sk", "rk"])
            .ok_or("the secret key must start with sk_test_, rk_test_, sk_live_ or rk_live_")?;
        let publishable = mode(&self.publishable_key, &["pk"])
            .ok_or("the publishable key must start with pk_test_ or pk_live_")?;
        if secret != publishable {
            return Err("one key is a test key and the other a live key");
        }
        Ok(secret)
    }
}

impl std::fmt::Debug for AccountSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountSpec")
            .field("account_id", &self.account_id)
            .field("business_name", &self.business_name)
            .finish_non_exhaustive()
    }
}

fn default_country() -> String {
    "US".to_owned()
}

fn default_currency() -> String {
    "usd".to_owned()
}

fn default_business_name() -> String {
    "Sandbox business".to_owned()
}
