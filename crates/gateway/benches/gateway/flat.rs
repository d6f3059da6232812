//! `make bench ARGS=--flat`: whether webhooks cost more with many stores and many stored events.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use comfy_table::{Table, presets};
use db::Db;
use stripe_sandbox::Sandbox;

use crate::fill;
use crate::http::Connection;
use crate::load::{CONNECTIONS, Load};
use crate::merchant;
use crate::place::{Engine, Place};
use crate::process::Gateway;
use crate::webhook::{self, Target};

const STORES: usize = 100_000;
/// About 2 GB in either engine.
const EVENTS: usize = 1_000_000;
const COUNTED: Duration = Duration::from_secs(8);

/// Prints the figures of both engines; takes a quarter of an hour.
pub(crate) async fn measure(binary: &Path, sandbox: &Sandbox) -> anyhow::Result<()> {
    let mut table = Table::new();
    let header = ["Durable webhooks over 64 connections", "/s", "p50 / p99 ms"];
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    let events = number("--events=").unwrap_or(EVENTS);
    let stores = number("--stores=").unwrap_or(STORES);
    for (name, engine) in [("SQLite", Engine::Sqlite), ("PostgreSQL", Engine::Postgres)] {
        let place = Place::new(engine, binary).await?;
        let gateway = Gateway::start(&place, &sandbox.url()).await?;
        let store = merchant::connect(&mut Connection::open(gateway.address).await?).await?;
        let db = Db::open(&place.database_url()).await?;
        let mut add = |what: String, load: &Load| {
            let percentiles = format!("{:.1} / {:.1}", load.p50_ms, load.p99_ms);
            table.add_row([
                format!("{name}, {what}"),
                format!("{:.0}", load.per_s),
                percentiles,
            ]);
        };
        let one = || vec![Target::store(&store.id)];
        add("1 store, empty".into(), &load(&gateway, "a", one()).await?);
        let many = fill::stores(&db, stores).await?;
        add(
            format!("1 store of {stores}"),
            &load(&gateway, "b", one()).await?,
        );
        add(
            format!("{stores} stores in turn"),
            &load(&gateway, "c", many).await?,
        );
        fill::events(&db, events).await?;
        add(
            format!("1 store, {events} events more"),
            &load(&gateway, "d", one()).await?,
        );
        db.close();
        gateway.stop().await?;
    }
    writeln!(io::stdout().lock(), "{table}")?;
    Ok(())
}

async fn load(gateway: &Gateway, run: &str, targets: Vec<Target>) -> anyhow::Result<Load> {
    let events = webhook::events(webhook::UNHANDLED, run, targets)?;
    Load::run(gateway, CONNECTIONS, COUNTED, events).await
}

/// The number behind an argument's name.
fn number(name: &str) -> Option<usize> {
    std::env::args().find_map(|argument| argument.strip_prefix(name)?.parse().ok())
}
