//! `make bench`: a release build of the gateway, measured from outside through its public interfaces only.
//!
//! `docs/benchmarks.md` says what each figure means and what limits it. Nothing here passes or fails: it measures.

mod disk;
mod fill;
mod flat;
mod http;
mod ingest;
mod limit;
mod load;
mod merchant;
mod overhead;
mod place;
mod process;
mod report;
mod sealed;
mod webhook;
mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use stripe_sandbox::{Config, Sandbox};

use http::Connection;
use ingest::Ingest;
use load::{CONNECTIONS, Load};
use overhead::Overhead;
use place::{Engine, Place};
use process::Gateway;
use report::{EngineFigures, Figures};

/// Starts on a database that is there already; the median is reported.
const STARTS: usize = 5;
/// How long the two kinds of load are counted, after a warm-up.
const STATUS_TIME: Duration = Duration::from_secs(5);
const WEBHOOK_TIME: Duration = Duration::from_secs(10);

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let binary = binary();
    let sandbox = Sandbox::start(Config {
        accounts: vec![merchant::account()],
        ..Config::default()
    })
    .await?;
    // cargo adds arguments of its own.
    let asks_for = |name: &str| std::env::args().any(|argument| argument == name);
    let outcome = if asks_for("--flat") {
        flat::measure(&binary, &sandbox).await
    } else if asks_for("--ingest") {
        ingest_alone(&binary, &sandbox).await
    } else {
        measure_both(&binary, &sandbox).await
    };
    sandbox.stop().await;
    outcome
}

/// Durable webhooks only, printed engine by engine: what one looks at while changing the intake.
async fn ingest_alone(binary: &Path, sandbox: &Sandbox) -> anyhow::Result<()> {
    // SQLite first: PostgreSQL goes on writing to the disk for minutes after its turn.
    for (name, engine) in [("SQLite", Engine::Sqlite), ("PostgreSQL", Engine::Postgres)] {
        let place = Place::new(engine, binary).await?;
        let gateway = Gateway::start(&place, &sandbox.url()).await?;
        let mut http = Connection::open(gateway.address).await?;
        let store = merchant::connect(&mut http).await?;
        let ingest = Ingest::measure(&place, &gateway, &store.id).await?;
        gateway.stop().await?;
        report::print_ingest(name, &ingest)?;
    }
    Ok(())
}

async fn measure_both(binary: &Path, sandbox: &Sandbox) -> anyhow::Result<()> {
    let figures = Figures {
        binary_bytes: std::fs::metadata(binary)
            .with_context(|| format!("{} is missing", binary.display()))?
            .len(),
        fsync_us: disk::fsync_us()?,
        sqlite: measure(Place::new(Engine::Sqlite, binary).await?, sandbox).await?,
        postgres: measure(Place::new(Engine::Postgres, binary).await?, sandbox).await?,
    };
    report::print(&figures)
}

/// `TILLGATE_BIN`, or what cargo built beside this.
fn binary() -> PathBuf {
    std::env::var_os("TILLGATE_BIN")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_tillgate").into())
        .into()
}

async fn measure(place: Place, sandbox: &Sandbox) -> anyhow::Result<EngineFigures> {
    let stripe_url = sandbox.url();
    let first = Gateway::start(&place, &stripe_url).await?;
    let first_start = first.started_in;
    first.stop().await?;
    let start = median_start(&place, &stripe_url).await?;

    let gateway = Gateway::start(&place, &stripe_url).await?;
    let idle_kib = gateway.resident_kib()?;
    let mut http = Connection::open(gateway.address).await?;
    let store = merchant::connect(&mut http).await?;
    let overhead = Overhead::measure(&mut http, &store, &stripe_url).await?;
    let status = format!(
        "GET /stripe/status/{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        store.id
    );
    let status = Load::run(&gateway, CONNECTIONS, STATUS_TIME, move |_, request| {
        request.extend_from_slice(status.as_bytes());
    })
    .await?;
    let ingest = Ingest::measure(&place, &gateway, &store.id).await?;
    let target = vec![webhook::Target::store(&store.id)];
    let worked = webhook::events("payment_intent.succeeded", "worked", target)?;
    let webhooks_worked = Load::run(&gateway, CONNECTIONS, WEBHOOK_TIME, worked).await?;
    let loaded_kib = gateway.resident_kib()?;
    gateway.stop().await?;
    Ok(EngineFigures {
        first_start_ms: millis(first_start),
        start_ms: millis(start),
        idle_kib,
        loaded_kib,
        overhead,
        status,
        ingest,
        webhooks_worked,
    })
}

async fn median_start(place: &Place, stripe_url: &str) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let gateway = Gateway::start(place, stripe_url).await?;
        times.push(gateway.started_in);
        gateway.stop().await?;
    }
    times.sort();
    Ok(times[STARTS / 2])
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
