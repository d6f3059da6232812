//! The `tillgate` program: matches the subcommand, each one function of `gateway::cli`.

use std::process::ExitCode;

use clap::Parser;
use gateway::cli::{
    self, Cli, Command, EventsCommand, PaymentCommand, StoreCommand, VaultCommand, WebhookCommand,
};

/// The C library's allocator took a tenth of the time that a webhook costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::process::run(|| {
        let command = Cli::parse().command;
        async move {
            match command {
                Command::Dev(args) => cli::dev::run(&args).await,
                Command::Serve => cli::serve::run().await,
                Command::Migrate(args) => cli::migrate::run(&args).await,
                Command::Sandbox(args) => cli::sandbox::run(&args).await,
                Command::Store(StoreCommand::Create(args)) => cli::store::create::run(&args).await,
                Command::Store(StoreCommand::List(args)) => cli::store::list::run(&args).await,
                Command::Store(StoreCommand::Show(args)) => cli::store::show::run(&args).await,
                Command::Payment(PaymentCommand::Status(args)) => {
                    cli::payment_status::run(&args).await
                }
                Command::Webhook(WebhookCommand::Listen(args)) => {
                    cli::webhook_listen::run(&args).await
                }
                Command::Events(EventsCommand::List(args)) => cli::events::list::run(&args).await,
                Command::Events(EventsCommand::Replay(args)) => {
                    cli::events::replay::run(&args).await
                }
                Command::Reconcile(args) => cli::reconcile::run(&args).await,
                Command::Vault(VaultCommand::NewKey) => cli::vault_new_key::run(),
            }
        }
    })
}
