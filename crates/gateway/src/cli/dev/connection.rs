//! Connects the demo store as its merchant would: a webhook endpoint at Stripe, then the three keys.
//! At a later start both are there already, and the endpoint may only have to learn a new port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::ensure;
use domain::return_url::is_loopback;
use domain::{Mode, StoreId};

use super::webhook_endpoint::Endpoints;
use crate::app::App;
use crate::cli::sandbox;
use crate::connect::account_change::AccountChange;
use crate::connect::keys::{self, ConnectInput};

/// Connects the store to the sandbox's first account.
pub(super) async fn connect(
    app: &App,
    store_id: StoreId,
    address: SocketAddr,
) -> anyhow::Result<()> {
    // These keys are the sandbox's; a real Stripe is never asked about them.
    ensure!(
        is_loopback(&app.settings.stripe_api_base),
        "STRIPE_API_BASE is not the sandbox"
    );
    let [account, _] = sandbox::accounts();
    let path = format!("/webhook/stripe/{store_id}");
    let webhook_url = format!("http://{}{path}", reachable(address));
    let endpoints = Endpoints::new(&app.settings.stripe_api_base, &account.secret_key)?;
    if let Some(known) = endpoints.find(&path).await? {
        if is_connected(app, store_id, &account.account_id).await? {
            return endpoints.move_to(&known.id, &webhook_url).await;
        }
        // Its secret was told to a database that is gone.
        endpoints.delete(&known.id).await?;
    }
    let webhook_secret = endpoints.create(&webhook_url).await?;
    let input = ConnectInput {
        publishable_key: account.publishable_key,
        secret_key: account.secret_key.into(),
        webhook_secret: Some(webhook_secret),
        token_id: None,
        account_change: AccountChange::Allowed,
    };
    keys::connect(app, store_id, input).await?;
    Ok(())
}

async fn is_connected(app: &App, store_id: StoreId, account_id: &str) -> anyhow::Result<bool> {
    let mut conn = app.db.read().await?;
    let connection = db::connections::find(&mut conn, store_id, Mode::Test).await?;
    Ok(connection.is_some_and(|one| one.account_id == account_id && !one.reconnect_needed))
}

/// Where the sandbox reaches us: at our own port, whatever stands before `PUBLIC_URL`.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    address
}
