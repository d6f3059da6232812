//! Reads the settings once, at start, and reports every fault at once.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::return_url::Origin;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::sources::{Found, Reader, Sources};
use super::{Environment, LoadError, LogFormat, Settings, default_public_url, parse, secrets};

/// `BIND_ADDR` where nobody says otherwise: this machine only.
const DEFAULT_BIND_ADDR: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Stripe itself signs with a rolled secret for at most 24 hours ("Roll endpoint secrets").
const DAY: SignedDuration = SignedDuration::from_hours(24);
const DEFAULT_RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
const DEFAULT_STOCK_HOLD: SignedDuration = SignedDuration::from_mins(60);
const DEFAULT_DATABASE_URL: &str = "sqlite://data/tillgate.db";

/// What differs between commands: `dev` talks to the sandbox unless it is told otherwise.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// `STRIPE_API_BASE`
    pub stripe_api_base: Url,
    /// `STRIPE_JS_URL`
    pub stripe_js_url: Url,
}

impl Default for Defaults {
    #[expect(clippy::expect_used, reason = "constant URLs, parsed by every test")]
    fn default() -> Self {
        Self {
            stripe_api_base: Url::parse("https://api.stripe.com").expect("constant URL"),
            stripe_js_url: Url::parse("https://js.stripe.com/v3/").expect("constant URL"),
        }
    }
}

/// The settings, and what had to be made for them.
#[derive(Debug)]
pub struct Loaded {
    /// What the operator set, or its default.
    pub settings: Settings,
    /// Files with secrets that were generated just now (development only).
    pub generated: Vec<PathBuf>,
}

/// Reads the environment and `tillgate.toml` of the working directory. Development generates missing secrets.
pub fn load(defaults: &Defaults) -> Result<Loaded, LoadError> {
    let sources = Sources {
        env: &|name| std::env::var_os(name),
        folder: Path::new(""),
        logs_to_terminal: std::io::stderr().is_terminal(),
    };
    from_sources(sources, defaults)
}

pub(super) fn from_sources(sources: Sources<'_>, defaults: &Defaults) -> Result<Loaded, LoadError> {
    let mut reader = Reader::open(sources);
    let environment = reader.parsed("TILLGATE_ENV", Environment::Development, parse::environment);
    let bind_addr = reader.parsed("BIND_ADDR", DEFAULT_BIND_ADDR, parse::bind_addr);
    let public_url = read_public_url(&mut reader, bind_addr, environment, defaults);
    let database_url = read_database_url(&mut reader);
    let secrets = secrets::find(&mut reader, environment);
    let stripe_api_base = reader.parsed(
        "STRIPE_API_BASE",
        defaults.stripe_api_base.clone(),
        parse::stripe_api_base,
    );
    let stripe_js_url = reader.parsed(
        "STRIPE_JS_URL",
        defaults.stripe_js_url.clone(),
        parse::stripe_js_url,
    );
    let return_origins = reader.parsed("RETURN_ORIGINS", Vec::new(), parse::origins);
    let require_live_keys = reader.parsed("REQUIRE_LIVE_KEYS", false, parse::switch);
    let register_webhooks = reader.parsed("REGISTER_WEBHOOKS", true, parse::switch);
    let rate_limit_scale = reader.parsed("RATE_LIMIT_SCALE", 1.0, |text| {
        parse::rate_limit_scale(text, environment)
    });
    let trusted_proxies = reader.parsed("TRUSTED_PROXIES", Vec::new(), parse::networks);
    let webhook_secret_overlap =
        reader.parsed("WEBHOOK_SECRET_OVERLAP_HOURS", DAY, parse::secret_overlap);
    let reconcile_interval_setting = reader.parsed(
        "RECONCILE_INTERVAL_SECONDS",
        None,
        parse::reconcile_interval,
    );
    let event_retention = reader.parsed(
        "EVENT_RETENTION_DAYS",
        DEFAULT_RETENTION,
        parse::event_retention,
    );
    let stock_hold = reader.parsed("STOCK_HOLD_MINUTES", DEFAULT_STOCK_HOLD, parse::stock_hold);
    let migrate_on_start = reader.parsed("MIGRATE_ON_START", true, parse::switch);
    let by_place = if sources.logs_to_terminal {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    };
    let log_format = reader.parsed("LOG_FORMAT", by_place, parse::log_format);
    reader.check()?;

    let secrets = secrets.complete(sources.folder)?;
    let settings = Settings {
        environment,
        bind_addr,
        return_origins: with_own(return_origins, Origin::of(&public_url)),
        public_url,
        database_url,
        vault_keys: secrets.vault_keys,
        token_keys: secrets.token_keys,
        internal_secrets: secrets.internal_secrets,
        stripe_api_base,
        stripe_js_url,
        require_live_keys,
        register_webhooks,
        rate_limit_scale,
        trusted_proxies,
        webhook_secret_overlap,
        reconcile_interval_setting,
        event_retention,
        stock_hold,
        migrate_on_start,
        log_format,
    };
    Ok(Loaded {
        settings,
        generated: secrets.generated,
    })
}

/// The default is held to the same rules: in production nobody can reach `http://0.0.0.0:8080`.
fn read_public_url(
    reader: &mut Reader<'_>,
    bind_addr: SocketAddr,
    environment: Environment,
    defaults: &Defaults,
) -> Url {
    let text = reader
        .text("PUBLIC_URL")
        .unwrap_or_else(|| default_public_url(bind_addr));
    parse::public_url(&text, environment).unwrap_or_else(|problem| {
        reader.fault("PUBLIC_URL", problem);
        defaults.stripe_api_base.clone() // never used: a fault was noted
    })
}

fn read_database_url(reader: &mut Reader<'_>) -> SecretString {
    match reader.secret("DATABASE_URL") {
        Found::Absent | Found::Faulty => DEFAULT_DATABASE_URL.into(),
        Found::Value(url) => {
            if let Err(problem) = parse::database_url(url.expose_secret()) {
                reader.fault("DATABASE_URL", problem);
            }
            url
        }
    }
}

fn with_own(mut origins: Vec<Origin>, own: Origin) -> Vec<Origin> {
    if !origins.contains(&own) {
        origins.insert(0, own);
    }
    origins
}
