//! Starting a sandbox alone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;
use stripe_sandbox::{AccountSpec, Config, Sandbox};
use url::Url;

use super::accounts::{self, accounts};
use super::control;
use super::fault::Spec;
use crate::cli::print;
use crate::cli::signals::Signals;

/// Where the sandbox listens unless it is told otherwise: beside the gateway's 8080.
pub(in crate::cli) const PREFERRED_PORT: u16 = 8081;

/// How a sandbox is started.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = PREFERRED_PORT)]
    port: u16,
    /// Address to listen on; the control API answers to this machine only
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Where browsers reach it, if elsewhere
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    #[arg(
        long = "account",
        value_name = "ACCOUNT",
        value_parser = accounts::parse,
        help = "A further account: id=acct_…,secret=sk_test_…,publishable=pk_test_…[,country=DE][,currency=eur][,name=…]"
    )]
    accounts: Vec<AccountSpec>,
    /// Keep what it knows in this file, and go on from there at the next start
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What failures are drawn from: the same seed and the same requests fail alike
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A fault from the start, like 429,path=/v1/refunds,p=0.1 or webhook.drop,times=2: see docs/sandbox.md
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<Spec>,
    /// Milliseconds that every answer takes, or the median and the 99th percentile as 80:900
    #[arg(long, value_name = "MS[:MS]")]
    latency: Option<Latency>,
    /// How many times sooner than at Stripe webhooks are tried again
    #[arg(long, value_name = "FACTOR")]
    webhook_speed: Option<f64>,
    /// Requests a second for each account before Stripe's 429
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Print one line of JSON when it answers
    #[arg(long)]
    json: bool,
}

/// A fixed latency, or a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Latency {
    p50_ms: u32,
    p99_ms: Option<u32>,
}

#[derive(Serialize)]
struct Ready {
    url: String,
    stripe_js_url: String,
    seed: u64,
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
pub(super) async fn run(args: &Options) -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let config = args.config();
    let seed = config.seed;
    let accounts = config.accounts.clone().into_iter().map(|account| Account {
        id: account.account_id,
        name: account.business_name,
        publishable_key: account.publishable_key,
        secret_key: account.secret_key,
    });
    let sandbox = Sandbox::start(config)
        .await
        .with_context(|| format!("choose another --port than {}", args.port))?;
    let url = sandbox.url();
    args.set_faults(&Url::parse(&url)?).await?;
    let ready = Ready {
        stripe_js_url: format!("{url}/v3/"),
        url,
        seed,
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
pub(in crate::cli) fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}

/// Starts it on this machine with the demo accounts.
pub(in crate::cli) async fn start(
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

impl Options {
    fn config(&self) -> Config {
        let defaults = Config::default();
        Config {
            bind: SocketAddr::new(self.bind, self.port),
            accounts: [&accounts()[..], &self.accounts].concat(),
            state: self.state.clone(),
            seed: self.seed,
            rate_limit: self.rate_limit,
            public_url: self.public_url.as_ref().map(Url::to_string),
            webhook_speed: self.webhook_speed.unwrap_or(defaults.webhook_speed),
            ..defaults
        }
    }

    async fn set_faults(&self, sandbox: &Url) -> anyhow::Result<()> {
        if let Some(latency) = self.latency {
            let rule = json!({ "id": "latency", "probability": 1, "kind": latency.kind() });
            control::call(sandbox, Method::POST, "/faults", Some(&rule)).await?;
        }
        for fault in &self.faults {
            fault.set(sandbox).await?;
        }
        Ok(())
    }
}

impl Latency {
    fn kind(self) -> serde_json::Value {
        let Self { p50_ms, p99_ms } = self;
        match p99_ms {
            Some(p99_ms) => json!({ "latency": { "p50_ms": p50_ms, "p99_ms": p99_ms } }),
            None => json!({ "latency_ms": p50_ms }),
        }
    }
}

impl std::str::FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ms = |text: &str| {
            text.parse::<u32>()
                .map_err(|_| format!("{text:?} is not a number of milliseconds"))
        };
        let (p50, p99) = text
            .split_once(':')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let (p50_ms, p99_ms) = (ms(p50)?, p99.map(ms).transpose()?);
        if p99_ms.is_some_and(|p99_ms| p50_ms == 0 || p99_ms < p50_ms) {
            return Err(
                "the 99th percentile is at least the median, and the median at least 1".into(),
            );
        }
        Ok(Self { p50_ms, p99_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_fixed_or_has_two_percentiles() {
        let kind = |text: &str| text.parse::<Latency>().map(Latency::kind);
        assert_eq!(kind("250"), Ok(json!({ "latency_ms": 250 })));
        let drawn = json!({ "latency": { "p50_ms": 80, "p99_ms": 900 } });
        assert_eq!(kind("80:900"), Ok(drawn));
        for wrong in ["", "fast", "900:80", "0:1", "1:2:3", "-1"] {
            assert!(kind(wrong).is_err(), "{wrong}");
        }
    }
}
