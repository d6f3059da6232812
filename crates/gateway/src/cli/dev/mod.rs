//! `tillgate dev`: everything in one process, ready to be paid. From `git clone` to a paid order nothing is configured.

mod addresses;
mod api_key;
mod connection;
mod report;
mod stores;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::ensure;
use url::Url;

use self::report::Report;
use super::open;
use super::running::Running;
use super::signals::Signals;
use crate::app::App;
use crate::settings::{Defaults, Environment};

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
    let sandbox = addresses::start_sandbox().await?;
    let sandbox_url = sandbox.url();
    let settings = open::settings(&stripe_is(&sandbox_url)?)?;
    ensure!(
        settings.environment == Environment::Development,
        "`tillgate dev` makes demo stores and prints secrets: use `tillgate serve` with TILLGATE_ENV=production"
    );
    let mut app = open::app(settings).await?;
    let listener = addresses::listen(app.settings.bind_addr)?;
    let address = listener.local_addr()?;
    app.settings.follow_bound_address(address);

    let report = prepare(&app, &sandbox_url, address).await?;
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

/// Makes the demo stores unless they are there, and connects the first to its account in the sandbox.
async fn prepare(app: &App, sandbox_url: &str, address: SocketAddr) -> anyhow::Result<Report> {
    let demo = stores::find_or_create_demo(app).await?;
    let second = stores::find_or_create_second(app).await?;
    if let Err(error) = connection::connect(app, demo.id, address).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the demo store could not be connected"
        );
    }
    let api_key = api_key::find_or_create(app, demo.id).await?;
    Report::of(app, sandbox_url, &demo, &second, &api_key).await
}
