//! The only way to standard output: what a person or a script asked for.

use std::io::{self, Write};

use comfy_table::{Table, presets};
use serde::Serialize;

/// One line of text.
pub(super) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// One line of JSON, written at once.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    line(&serde_json::to_string(value)?)
}

/// A table with a heading.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_header(heading)
        .add_rows(rows);
    line(&table.to_string())
}

/// Names and values below each other, for one thing.
pub(super) fn facts(rows: &[(&str, String)]) -> io::Result<()> {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    let mut out = io::stdout().lock();
    for (name, value) in rows {
        writeln!(out, "{:width$} {value}", format!("{name}:"))?;
    }
    Ok(())
}

/// How far a command is, to standard error.
pub(super) fn note(text: &str) {
    // The command goes on without its listener.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why a command failed, with its causes, to standard error.
pub(super) fn error(error: &anyhow::Error) {
    // Nothing is left to do when standard error is closed as well.
    let _ = writeln!(io::stderr().lock(), "tillgate: {error:#}");
}
