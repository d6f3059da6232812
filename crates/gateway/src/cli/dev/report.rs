//! What a developer needs after the start, for eyes or for scripts.

use db::stores::Store;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use stripe_sandbox::AccountSpec;

use crate::app::App;
use crate::cli::{print, sandbox};
use crate::internal::connect_links;

/// Stripe's own test cards, as far as the demo needs them.
const TEST_CARDS: [(&str, &str); 4] = [
    ("4242 4242 4242 4242", "paid"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 9995", "declined: insufficient funds"),
    ("4000 0025 0000 3155", "3-D Secure: the bank asks first"),
];

/// The start's outcome. Its secrets are for this machine only; they are printed on purpose.
#[derive(Serialize)]
pub(super) struct Report {
    public_url: String,
    sandbox_url: String,
    demo_url: String,
    internal_secret: String,
    api_key: String,
    stores: [StoreReport; 2],
}

#[derive(Serialize)]
struct StoreReport {
    id: String,
    name: String,
    connected: bool,
    connect_url: Option<String>,
    publishable_key: String,
    secret_key: String,
}

impl Report {
    pub(super) async fn of(
        app: &App,
        sandbox_url: &str,
        demo: &Store,
        second: &Store,
        api_key: &SecretString,
    ) -> anyhow::Result<Self> {
        let [demo_account, second_account] = sandbox::accounts();
        let internal_secret = app.settings.internal_secrets.first();
        Ok(Self {
            public_url: app.settings.public(""),
            sandbox_url: sandbox_url.to_owned(),
            demo_url: app.settings.public("/demo"),
            internal_secret: internal_secret
                .map(|secret| secret.expose_secret().to_owned())
                .unwrap_or_default(),
            api_key: api_key.expose_secret().to_owned(),
            stores: [
                StoreReport::of(app, demo, demo_account).await?,
                StoreReport::of(app, second, second_account).await?,
            ],
        })
    }

    pub(super) fn print_json(&self) -> std::io::Result<()> {
        print::json(self)
    }

    pub(super) fn print_tables(&self) -> std::io::Result<()> {
        let [demo, second] = &self.stores;
        let row = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
        let status_url = format!("{}/stripe/status/{}", self.public_url, demo.id);
        print::table(
            ["What", "Where"],
            [
                row("Demo shop", &self.demo_url),
                row("Status of the demo store", &status_url),
                row("Sandbox Stripe", &self.sandbox_url),
            ],
        )?;
        print::table(
            ["Credential", "Value"],
            [
                row("Second Store: publishable key", &second.publishable_key),
                row("Second Store: secret key", &second.secret_key),
                row("Demo Coffee: API key", &self.api_key),
                row("X-Internal-Secret", &self.internal_secret),
            ],
        )?;
        print::table(
            ["Store", "Id", "Stripe"],
            self.stores.each_ref().map(StoreReport::row),
        )?;
        let cards = TEST_CARDS.map(|(number, outcome)| row(number, outcome));
        print::table(["Test card (any future date, any code)", "Outcome"], cards)?;
        // Too long for a table: a wrapped link cannot be copied.
        match &second.connect_url {
            Some(url) => print::line(&format!(
                "\nConnect the second store with its two keys (once, within 15 minutes):\n{url}\n"
            )),
            None => Ok(()),
        }
    }
}

impl StoreReport {
    async fn of(app: &App, store: &Store, account: AccountSpec) -> anyhow::Result<Self> {
        let connected = !db::connections::list(&mut app.db.read().await?, store.id)
            .await?
            .is_empty();
        let connect_url = if connected {
            None
        } else {
            Some(connect_links::mint(app, store.id, None).await?.0)
        };
        Ok(Self {
            id: store.id.to_string(),
            name: store.name.clone(),
            connected,
            connect_url,
            publishable_key: account.publishable_key,
            secret_key: account.secret_key,
        })
    }

    fn row(&self) -> [String; 3] {
        let state = if self.connected {
            "connected"
        } else {
            "not connected yet"
        };
        [self.name.clone(), self.id.clone(), state.to_owned()]
    }
}
