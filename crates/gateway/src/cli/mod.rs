//! The command line: one file a command. Data goes to standard output, everything else to standard error.

pub mod process;

pub mod dev;
pub mod events;
pub mod migrate;
pub mod payment_status;
pub mod reconcile;
pub mod sandbox;
pub mod serve;
pub mod store;
pub mod vault_new_key;
pub mod webhook_listen;

mod open;
mod print;
mod running;
mod signals;

use clap::{Parser, Subcommand};

/// A payment gateway for many stores, each with its own Stripe account.
#[derive(Debug, Parser)]
#[command(name = "tillgate", version, disable_help_subcommand = true)]
#[command(
    after_help = "Settings come from the environment and tillgate.toml: see docs/settings.md.\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything for development: embedded database, sandbox Stripe, demo store
    Dev(dev::Args),
    /// Start the gateway
    Serve,
    /// Bring the database's schema up to date, or take its newest migration back
    Migrate(migrate::Args),
    /// Start the Stripe stand-in alone, or make one fail that runs
    Sandbox(Box<sandbox::Args>),
    /// Create and look at stores
    #[command(subcommand)]
    Store(StoreCommand),
    /// Look at a store's payments set-up
    #[command(subcommand)]
    Payment(PaymentCommand),
    /// Look at a store's events, and replay them
    #[command(subcommand)]
    Events(EventsCommand),
    /// Events from Stripe
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Find events that no webhook told of, and look at open payments
    Reconcile(reconcile::Args),
    /// Keys that seal secrets
    #[command(subcommand)]
    Vault(VaultCommand),
}

/// `tillgate store …`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Create a store
    Create(store::create::Args),
    /// List all stores, oldest first
    List(store::list::Args),
    /// Show one store
    Show(store::show::Args),
}

/// `tillgate payment …`
#[derive(Debug, Subcommand)]
pub enum PaymentCommand {
    /// Show whether a store is connected to Stripe
    Status(payment_status::Args),
}

/// `tillgate events …`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// List a store's events, newest first
    List(events::list::Args),
    /// Make events due again, or see what that would change
    Replay(events::replay::Args),
}

/// `tillgate webhook …`
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Forward a store's test events from real Stripe, with the `stripe` command (development)
    Listen(webhook_listen::Args),
}

/// `tillgate vault …`
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Print a new key for the vault
    NewKey,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
