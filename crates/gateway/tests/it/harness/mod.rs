//! Starts everything for one test, and at its end searches everything for the keys that it used.

mod actors;
mod canary;
mod endpoints;
mod events;
mod http;
mod links;
mod shopper;

use std::net::TcpListener;
use std::sync::Arc;

use domain::return_url::Origin;
use gateway::app::App;
use gateway::clock::Clock;
use gateway::settings::{Environment, LogFormat, Settings};
use jiff::Timestamp;
use secrecy::{SecretSlice, SecretString};
use stripe_http::{Transport, TransportConfig};
use stripe_sandbox::Sandbox;
use test_database::TestDatabase;
use url::Url;

pub use actors::{ConnectedStore, Keys, PaidOrder};
pub use canary::logged;
pub use events::event_of;
pub use http::{Reply, Session};
pub use links::Link;

/// Makes of each `async fn story(&TestApp)` one test on each engine; afterwards no key may be found anywhere.
/// With `registering:` before them, the gateway sets up webhook endpoints; otherwise stories do that themselves.
macro_rules! stories {
    (registering: $($story:ident),+ $(,)?) => {
        $crate::harness::stories!(start_registering: $($story),+);
    };
    ($start:ident: $($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let app = $crate::harness::TestApp::$start(test_database::TestDatabase::sqlite().await).await;
                super::$story(&app).await;
                app.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let app = $crate::harness::TestApp::$start(test_database::TestDatabase::postgres().await).await;
                super::$story(&app).await;
                app.finish().await;
            }
        }
    )+};
    ($($story:ident),+ $(,)?) => {
        $crate::harness::stories!(start: $($story),+);
    };
}
pub(crate) use stories;

/// An internal secret that both the gateway and the tests' back end know.
pub const INTERNAL_SECRET: &str = "FAKE-internal-secret-of-the-tests-0123456789";
/// The second one, for rotation.
pub const NEXT_INTERNAL_SECRET: &str = "FAKE-next-internal-secret-of-the-tests-01234";
const TOKEN_KEY: &[u8; 32] = b"FAKE-token-key-of-the-tests-0123";

/// A gateway, its Stripe and its database.
pub struct TestApp {
    /// The gateway's insides, to run its work and to look at its records.
    pub app: Arc<App>,
    /// Its clock, which the sandbox follows.
    pub clock: Clock,
    /// Its database.
    pub database: TestDatabase,
    /// Its Stripe.
    pub sandbox: Sandbox,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// Speaks HTTP and keeps every answer for the search at the end.
    pub http: http::Recorder,
    canary: canary::Canary,
    vault_key: SecretString,
    server: actix_web::dev::ServerHandle,
}

impl TestApp {
    pub async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// As [`TestApp::start`], with webhook endpoints of the gateway's own.
    pub async fn start_registering(database: TestDatabase) -> Self {
        Self::start_with(database, |settings| settings.register_webhooks = true).await
    }

    /// As [`TestApp::start`], with other settings.
    pub async fn start_with(database: TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        let canary = canary::Canary::new();
        let clock = Clock::stopped_at(Timestamp::from_second(1_795_000_000).unwrap());
        let sandbox = start_sandbox(&clock).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let vault_key = vault::Vault::generate_key();
        canary.watch(secrecy::ExposeSecret::expose_secret(&vault_key));
        let mut settings = settings(&url, &sandbox.url(), database.url(), &vault_key, &canary);
        settings.bind_addr = address;
        let stripe = transport(&settings);
        change(&mut settings);
        let app = assemble(settings, stripe, &database, &clock).await;
        let server = gateway::server::start(Arc::clone(&app), listener).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            http: http::Recorder::new(url.clone()),
            app,
            clock,
            database,
            sandbox,
            url,
            canary,
            vault_key,
            server: handle,
        }
    }

    /// Another gateway on the same database, with the same keys; it has no server.
    pub async fn second_gateway(&self) -> Arc<App> {
        self.another_gateway(|_| {}).await
    }

    /// As [`TestApp::second_gateway`], with other settings.
    pub async fn another_gateway(&self, change: impl FnOnce(&mut Settings)) -> Arc<App> {
        let mut settings = settings(
            &self.url,
            &self.sandbox.url(),
            self.database.url(),
            &self.vault_key,
            &self.canary,
        );
        settings.bind_addr = self.app.settings.bind_addr;
        settings.register_webhooks = self.app.settings.register_webhooks;
        let stripe = transport(&settings);
        change(&mut settings);
        assemble(settings, stripe, &self.database, &self.clock).await
    }

    /// Works through the inbox until nothing is due.
    pub async fn run_work(&self) {
        while gateway::work::inbox::run_once(&self.app).await.unwrap() > 0 {}
    }

    /// Tries the captures and cancellations that are due.
    pub async fn run_actions(&self) {
        while gateway::work::actions::run_once(&self.app).await.unwrap() > 0 {}
    }

    /// Ends the test: stops the server, then searches logs, answers and the database for every key that was used.
    pub async fn finish(self) {
        self.server.stop(true).await;
        self.app.inbox.close().await;
        self.canary.search(&self.http, &self.database).await;
        self.sandbox.stop().await;
    }

    /// A secret that must not be found anywhere at the end.
    pub fn keep_secret(&self, secret: &str) {
        self.canary.watch(secret);
    }

    /// A token that its holder is told, and that must be neither in the log nor in the database at the end.
    pub fn keep_token(&self, token: &str) {
        self.canary.watch_token(token);
    }

    /// Calls the sandbox's control API.
    pub async fn control(
        &self,
        method: reqwest::Method,
        path: &str,
        body: serde_json::Value,
    ) -> serde_json::Value {
        let url = format!("{}/_sandbox{path}", self.sandbox.url());
        let response = http::client()
            .request(method, url)
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(
            status.is_success(),
            "the sandbox refused {path}: {status} {text}"
        );
        serde_json::from_str(&text).unwrap_or_default()
    }
}

async fn assemble(
    settings: Settings,
    stripe: Transport,
    database: &TestDatabase,
    clock: &Clock,
) -> Arc<App> {
    let app = App::assemble(settings, database.db.clone(), stripe, clock.clone()).await;
    Arc::new(app.unwrap())
}

/// To the sandbox, whatever a story lets the settings say later.
fn transport(settings: &Settings) -> Transport {
    Transport::new(TransportConfig {
        api_base: settings.stripe_api_base.clone(),
        total_timeout: std::time::Duration::from_secs(5),
        backoff_base: std::time::Duration::from_millis(1),
        ..TransportConfig::default()
    })
    .unwrap()
}

async fn start_sandbox(clock: &Clock) -> Sandbox {
    let clock = clock.clone();
    let config = stripe_sandbox::Config {
        bind: "127.0.0.1:0".parse().unwrap(),
        accounts: Vec::new(),
        clock: Arc::new(move || clock.now()),
        ..stripe_sandbox::Config::default()
    };
    Sandbox::start(config).await.unwrap()
}

fn settings(
    url: &str,
    stripe_url: &str,
    database_url: &str,
    vault_key: &SecretString,
    canary: &canary::Canary,
) -> Settings {
    canary.watch(INTERNAL_SECRET);
    canary.watch(NEXT_INTERNAL_SECRET);
    canary.watch(std::str::from_utf8(TOKEN_KEY).unwrap());
    let public_url = Url::parse(url).unwrap();
    Settings {
        environment: Environment::Development,
        bind_addr: "127.0.0.1:0".parse().unwrap(),
        return_origins: vec![
            Origin::of(&public_url),
            Origin::parse("https://platform.example.com").unwrap(),
        ],
        public_url,
        database_url: SecretString::from(database_url),
        vault_keys: vault_key.clone(),
        token_keys: vec![SecretSlice::from(TOKEN_KEY.to_vec())],
        internal_secrets: vec![
            SecretString::from(INTERNAL_SECRET),
            SecretString::from(NEXT_INTERNAL_SECRET),
        ],
        stripe_api_base: Url::parse(stripe_url).unwrap(),
        stripe_js_url: Url::parse(&format!("{stripe_url}/v3/")).unwrap(),
        require_live_keys: false,
        // Stories that are about it switch it on.
        register_webhooks: false,
        rate_limit_scale: 0.0,
        trusted_proxies: Vec::new(),
        webhook_secret_overlap: jiff::SignedDuration::from_hours(24),
        reconcile_interval_setting: None,
        event_retention: jiff::SignedDuration::from_hours(90 * 24),
        stock_hold: jiff::SignedDuration::from_mins(60),
        migrate_on_start: false,
        log_format: LogFormat::Json,
    }
}
