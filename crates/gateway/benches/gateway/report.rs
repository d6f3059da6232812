//! The figures: a table for people, then one line of JSON.

use std::io::{self, Write};

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::ingest::Ingest;
use crate::load::Load;
use crate::overhead::Overhead;

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) binary_bytes: u64,
    pub(crate) fsync_us: f64,
    pub(crate) sqlite: EngineFigures,
    pub(crate) postgres: EngineFigures,
}

#[derive(Debug, Serialize)]
pub(crate) struct EngineFigures {
    pub(crate) ingest: Ingest,
    pub(crate) webhooks_worked: Load,
    pub(crate) status: Load,
    pub(crate) overhead: Overhead,
    pub(crate) start_ms: f64,
    pub(crate) first_start_ms: f64,
    pub(crate) idle_kib: u64,
    pub(crate) loaded_kib: u64,
}

pub(crate) fn print(figures: &Figures) -> anyhow::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_header(["", "SQLite", "PostgreSQL"]);
    let (sqlite, postgres) = (rows(&figures.sqlite), rows(&figures.postgres));
    for ((name, sqlite), (_, postgres)) in sqlite.into_iter().zip(postgres) {
        table.add_row([name.to_owned(), sqlite, postgres]);
    }
    let mut webhooks = ingest_table();
    for (engine, figures) in [
        ("SQLite", &figures.sqlite),
        ("PostgreSQL", &figures.postgres),
    ] {
        add_ingest(&mut webhooks, engine, &figures.ingest);
    }
    let binary_mib = mib(figures.binary_bytes / 1024);
    let mut out = io::stdout().lock();
    writeln!(out, "{webhooks}\n{table}")?;
    writeln!(
        out,
        "Release binary: {binary_mib}. One durable 4 KiB write on this disk: {:.0} µs.",
        figures.fsync_us
    )?;
    writeln!(out, "{}", serde_json::to_string(figures)?)?;
    Ok(())
}

/// One engine's table.
pub(crate) fn print_ingest(engine: &str, ingest: &Ingest) -> anyhow::Result<()> {
    let mut table = ingest_table();
    add_ingest(&mut table, engine, ingest);
    Ok(writeln!(io::stdout().lock(), "{table}")?)
}

fn ingest_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header([
        "Durable webhooks",
        "connections",
        "webhooks /s",
        "p50 / p99 / p99.9 ms",
        "processor time each",
        "other answers",
        "engine alone, a row per commit",
        "ratio",
        "engine alone, 128 per commit",
    ]);
    table
}

fn add_ingest(table: &mut Table, engine: &str, ingest: &Ingest) {
    for row in &ingest.by_connections {
        let load = &row.webhooks;
        table.add_row([
            engine.to_owned(),
            row.connections.to_string(),
            format!("{:.0}", load.per_s),
            format!(
                "{:.1} / {:.1} / {:.1}",
                load.p50_ms, load.p99_ms, load.p999_ms
            ),
            format!("{:.0} µs", load.server_cpu_us),
            load.failed.to_string(),
            format!("{:.0} /s", row.one_per_commit_per_s),
            format!("{:.2}", load.per_s / row.one_per_commit_per_s),
            format!("{:.0} /s", ingest.batched_per_s),
        ]);
    }
}

fn rows(figures: &EngineFigures) -> Vec<(&'static str, String)> {
    let around = &figures.overhead;
    [
        load(
            "Webhooks while the worker works on them",
            &figures.webhooks_worked,
        ),
        load("Status requests", &figures.status),
        vec![
            (
                "Added around a Stripe call, p50 / p99",
                pair(around.added_p50_ms, around.added_p99_ms),
            ),
            (
                "  POST /payment-intents",
                pair(around.gateway_p50_ms, around.gateway_p99_ms),
            ),
            (
                "  the sandbox's own answer",
                pair(around.stripe_p50_ms, around.stripe_p99_ms),
            ),
            (
                "Start to first /readyz 200",
                format!("{:.0} ms", figures.start_ms),
            ),
            (
                "  on an empty database",
                format!("{:.0} ms", figures.first_start_ms),
            ),
            ("Resident memory, idle", mib(figures.idle_kib)),
            ("  after the load", mib(figures.loaded_kib)),
        ],
    ]
    .concat()
}

fn load(name: &'static str, load: &Load) -> Vec<(&'static str, String)> {
    vec![
        (name, format!("{:.0} /s", load.per_s)),
        ("  p50 / p99", pair(load.p50_ms, load.p99_ms)),
        (
            "  gateway's processor time each",
            format!("{:.0} µs", load.server_cpu_us),
        ),
        ("  other answers", load.failed.to_string()),
    ]
}

fn pair(p50_ms: f64, p99_ms: f64) -> String {
    format!("{p50_ms:.2} / {p99_ms:.2} ms")
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52 KiB")]
fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
