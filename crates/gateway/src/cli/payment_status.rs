//! `tillgate payment status`: whether a store can take payments.

use db::connections::Connection;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use serde::Serialize;

use super::store::{find, mode, or_dash};
use super::{open, print};
use crate::app::App;

/// Arguments of `payment status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's id
    #[arg(long, value_name = "ID")]
    store: StoreId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Named as in the internal API's `stripe-status`.
#[derive(Serialize)]
struct Status {
    store_id: StoreId,
    connected: bool,
    mode: Option<Mode>,
    account_id: Option<String>,
    charges_enabled: bool,
    reconnect_needed: bool,
    webhook: Webhook,
}

#[derive(Serialize)]
struct Webhook {
    configured: bool,
    last_event_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// Prints the state of the mode that shoppers pay in.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let status = read(&app, args.store).await;
    open::close(&app).await;
    let status = status?;
    if args.json {
        return Ok(print::json(&status)?);
    }
    status.print()?;
    Ok(())
}

async fn read(app: &App, store_id: StoreId) -> anyhow::Result<Status> {
    let store = find(app, store_id).await?;
    let mut conn = app.db.read().await?;
    let connection = match store.active_mode {
        Some(mode) => db::connections::find(&mut conn, store_id, mode).await?,
        None => None,
    };
    let secrets = db::webhook_secrets::list_valid(&mut conn, store_id, app.now()).await?;
    let webhook_configured = connection.as_ref().is_some_and(|connection| {
        secrets.iter().any(|secret| {
            secret.mode == connection.mode && secret.account_id == connection.account_id
        })
    });
    Ok(Status::of(
        store_id,
        connection.as_ref(),
        webhook_configured,
    ))
}

impl Status {
    fn of(store_id: StoreId, connection: Option<&Connection>, webhook_configured: bool) -> Self {
        Self {
            store_id,
            connected: connection.is_some(),
            mode: connection.map(|connection| connection.mode),
            account_id: connection.map(|connection| connection.account_id.clone()),
            charges_enabled: connection.is_some_and(|connection| connection.charges_enabled),
            reconnect_needed: connection.is_some_and(|connection| connection.reconnect_needed),
            webhook: Webhook {
                configured: webhook_configured,
                last_event_at: connection.and_then(|connection| connection.last_event_at),
                last_error: connection.and_then(|connection| connection.last_error.clone()),
            },
        }
    }

    fn print(&self) -> std::io::Result<()> {
        let status = match self {
            Self {
                connected: false, ..
            } => "Not connected",
            Self {
                reconnect_needed: true,
                ..
            } => "Connected, but Stripe refused the key: the merchant has to reconnect",
            Self {
                charges_enabled: false,
                ..
            } => "Connected, but Stripe has not enabled charges for the account yet",
            _ => "Connected",
        };
        let webhook = if self.webhook.configured {
            "configured"
        } else {
            "not configured"
        };
        print::facts(&[
            ("Status", status.to_owned()),
            ("Mode", mode(self.mode)),
            ("Account", or_dash(self.account_id.as_deref())),
            ("Webhook", webhook.to_owned()),
            (
                "Last event",
                or_dash(
                    self.webhook
                        .last_event_at
                        .map(|at| at.to_string())
                        .as_deref(),
                ),
            ),
            ("Last error", or_dash(self.webhook.last_error.as_deref())),
        ])
    }
}
