//! `tillgate sandbox`: the Stripe stand-in alone, and the faults of one that runs.

pub mod fault;

mod accounts;
mod control;
mod start;

pub(super) use accounts::accounts;
pub(super) use start::{PREFERRED_PORT, start, url};

/// Arguments of `sandbox`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: start::Options,
}

/// What can be done with a sandbox that runs; without any of them one is started.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make requests or webhooks of a running sandbox fail
    #[command(subcommand)]
    Fault(fault::Command),
}

/// Starts a sandbox that runs until SIGTERM or Ctrl-C, or talks to one.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Some(Command::Fault(command)) => fault::run(command).await,
        None => start::run(&args.start).await,
    }
}
