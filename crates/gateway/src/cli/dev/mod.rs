//! `tillgate dev`: everything in one process, ready to be paid. From `git clone` to a paid order nothing is configured.

mod addresses;
mod api_key;
mod connection;
mod report;
mod stores;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
use secrecy::ExposeSecret as _;
use url::Url;

use self::report::Report;
use super::open;
use super::running::Running;
use super::sandbox;
use super::signals::Signals;
use crate::app::App;
use crate::settings::{Defaults, Environment, Settings};

/// Arguments of `dev`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one line of JSON when everything answers
    #[arg(long)]
    json: bool,
}

/// Runs until SIGTERM or Ctrl-C.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let usual = stripe_is(&sandbox::url(sandbox::PREFERRED_PORT))?;
    let mut settings = open::settings(&usual)?;
    ensure!(
        settings.environment == Environment::Development,
        "`tillgate dev` makes demo stores and prints secrets: use `tillgate serve` with TILLGATE_ENV=production"
    );
    let sandbox = addresses::start_sandbox(state_file(&settings)).await?;
    let sandbox_url = sandbox.url();
    follow(&mut settings, &usual, stripe_is(&sandbox_url)?);
    let mut app = open::app(settings).await?;
    let listener = addresses::listen(app.settings.bind_addr)?;
    let address = listener.local_addr()?;
    app.settings.follow_bound_address(address);

    let report = prepare(&app, &sandbox_url).await?;
    let running = Running::start(Arc::new(app), listener)?;
    if args.json {
        report.print_json()
    } else {
        report.print_tables()
    }?;
    running.until_stopped(&mut signals).await?;
    sandbox.stop().await;
    Ok(())
}

/// The sandbox stands in for Stripe unless the operator names another one.
fn stripe_is(sandbox_url: &str) -> anyhow::Result<Defaults> {
    Ok(Defaults {
        stripe_api_base: Url::parse(sandbox_url)?,
        stripe_js_url: Url::parse(&format!("{sandbox_url}/v3/"))?,
    })
}

/// The sandbox may have had to take another port than its usual one.
fn follow(settings: &mut Settings, usual: &Defaults, actual: Defaults) {
    if settings.stripe_api_base == usual.stripe_api_base {
        settings.stripe_api_base = actual.stripe_api_base;
    }
    if settings.stripe_js_url == usual.stripe_js_url {
        settings.stripe_js_url = actual.stripe_js_url;
    }
}

/// What the sandbox knows is kept with the database that refers to it: beside the embedded one, or with
/// the other things that development keeps.
pub(super) fn state_file(settings: &Settings) -> PathBuf {
    let url = settings.database_url.expose_secret();
    let database = url.strip_prefix("sqlite://").unwrap_or("data/tillgate");
    Path::new(database).with_file_name("sandbox.json")
}

/// Makes the demo stores unless they are there, and connects the first to its account in the sandbox.
async fn prepare(app: &App, sandbox_url: &str) -> anyhow::Result<Report> {
    let demo = stores::find_or_create_demo(app).await?;
    let second = stores::find_or_create_second(app).await?;
    if let Err(error) = connection::connect(app, demo.id).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the demo store could not be connected"
        );
    }
    let api_key = api_key::find_or_create(app, demo.id).await?;
    Report::of(app, sandbox_url, &demo, &second, &api_key).await
}
