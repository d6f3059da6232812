//! The `tillgate` program as an operator runs it: arguments, exit codes, output, signals.
#![expect(clippy::unwrap_used, reason = "tests")]

mod dev;
mod events;
mod forwarder;
mod migrate;
mod place;
mod reconcile;
mod sandbox;
mod serve;
mod stores;
mod usage;
