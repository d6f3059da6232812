//! Settings from made-up environments and folders: each fault, all at once, generation and precedence.

mod development;
mod documentation;
mod origin;
mod production;

use std::ffi::OsString;

use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::load::from_sources;
use super::sources::Sources;
use super::*;

/// Every variable, as `docs/settings.md` lists them.
const NAMES: [&str; 21] = [
    "TILLGATE_ENV",
    "BIND_ADDR",
    "PUBLIC_URL",
    "DATABASE_URL",
    "VAULT_KEYS",
    "TOKEN_KEYS",
    "INTERNAL_SECRETS",
    "STRIPE_API_BASE",
    "STRIPE_JS_URL",
    "RETURN_ORIGINS",
    "REQUIRE_LIVE_KEYS",
    "REGISTER_WEBHOOKS",
    "RATE_LIMIT_SCALE",
    "WEBHOOK_SECRET_OVERLAP_HOURS",
    "RECONCILE_INTERVAL_SECONDS",
    "EVENT_RETENTION_DAYS",
    "STOCK_HOLD_MINUTES",
    "TRUSTED_PROXIES",
    "MIGRATE_ON_START",
    "LOG_FORMAT",
    "RUST_LOG",
];
const SECRETS: [&str; 4] = [
    "DATABASE_URL",
    "VAULT_KEYS",
    "TOKEN_KEYS",
    "INTERNAL_SECRETS",
];

const VAULT_KEY: &str = "RkFLRS12YXVsdC1rZXktbm8tMS1zcGlub3phLXF1aXA=";
const TOKEN_KEY: &str = "RkFLRS10b2tlbi1rZXktbm8tMS13YWx0ei1ueW1waHM";
const INTERNAL_SECRET: &str = "FAKE-internal-jackdaws-love-my-quartz-sphinx";

/// A working directory of a test's own.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn load_os(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Loaded, LoadError> {
        let sources = Sources {
            env,
            folder: self.0.path(),
            logs_to_terminal: false,
        };
        from_sources(sources, &Defaults::default())
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Loaded, LoadError> {
        self.load_os(&|name| {
            let found = env.iter().find(|(variable, _)| *variable == name)?;
            Some(found.1.into())
        })
    }

    fn settings(&self, env: &[(&str, &str)]) -> Settings {
        self.load(env).unwrap().settings
    }

    /// The variables that are at fault, in order.
    fn faulty(&self, env: &[(&str, &str)]) -> Vec<&'static str> {
        let error = self.load(env).unwrap_err();
        error.faults.iter().map(|fault| fault.name).collect()
    }
}

/// What production needs, with some variables changed; a change to `""` leaves one out.
fn production<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut env = vec![
        ("TILLGATE_ENV", "production"),
        ("PUBLIC_URL", "https://pay.example.com"),
        ("VAULT_KEYS", VAULT_KEY),
        ("TOKEN_KEYS", TOKEN_KEY),
        ("INTERNAL_SECRETS", INTERNAL_SECRET),
    ];
    env.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    env.extend_from_slice(changes);
    env
}
