//! `tillgate sandbox`: the Stripe stand-in alone, and the accounts that it always has.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use stripe_sandbox::{AccountSpec, Config, Sandbox};

use super::print;
use super::signals::Signals;

/// Where the sandbox listens unless it is told otherwise: beside the gateway's 8080.
pub(super) const PREFERRED_PORT: u16 = 8081;

/// Arguments of `sandbox`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port on this machine; 0 takes a free one
    #[arg(long, default_value_t = PREFERRED_PORT)]
    port: u16,
    /// Keep what it knows in this file, and go on from there at the next start
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Print one line of JSON when it answers
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Ready {
    url: String,
    stripe_js_url: String,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Account {
    id: String,
    name: String,
    publishable_key: String,
    secret_key: String,
}

/// Runs until SIGTERM or Ctrl-C.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let sandbox = start(args.port, args.state.clone())
        .await
        .with_context(|| format!("choose another --port than {}", args.port))?;
    let url = sandbox.url();
    let accounts = accounts().into_iter().map(|account| Account {
        id: account.account_id,
        name: account.business_name,
        publishable_key: account.publishable_key,
        secret_key: account.secret_key,
    });
    let ready = Ready {
        stripe_js_url: format!("{url}/v3/"),
        url,
        accounts: accounts.collect(),
    };
    if args.json {
        print::json(&ready)?;
    } else {
        print::line(&format!("The sandbox Stripe answers at {}", ready.url))?;
        print::table(
            ["Account", "Id", "Publishable key", "Secret key"],
            ready
                .accounts
                .into_iter()
                .map(|one| [one.name, one.id, one.publishable_key, one.secret_key]),
        )?;
    }
    signals.next().await;
    sandbox.stop().await;
    Ok(())
}

/// Where it answers on this machine.
pub(super) fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}

/// Starts it on this machine with its [`accounts`].
pub(super) async fn start(
    port: u16,
    state: Option<PathBuf>,
) -> Result<Sandbox, stripe_sandbox::Error> {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Sandbox::start(Config {
        bind,
        accounts: accounts().to_vec(),
        state,
        ..Config::default()
    })
    .await
}

/// Two merchants, the same at each start: what a store was connected with yesterday still works today.
pub(super) fn accounts() -> [AccountSpec; 2] {
    let account = |word: &str, business_name: &str| AccountSpec {
        account_id: format!("acct_1FAKE{word}"),
        publishable_key: format!("pk_test_FAKE_{word}_publishable"),
        secret_key: format!("sk_test_FAKE_{word}_secret"),
        country: "DE".into(),
        default_currency: "eur".into(),
        business_name: business_name.into(),
    };
    [
        account("DemoCoffee", "Demo Coffee"),
        account("SecondStore", "Second Store"),
    ]
}
