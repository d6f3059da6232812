//! Connects the demo store as its merchant would: with the two keys of its account. At a later start it is connected already,
//! and its webhook endpoint may only have to learn a new port.

use anyhow::ensure;
use domain::return_url::is_loopback;
use domain::{Mode, StoreId};

use crate::app::App;
use crate::cli::sandbox;
use crate::connect::account_change::AccountChange;
use crate::connect::keys::{self, ConnectInput};
use crate::work::health;

/// Connects the store to the sandbox's first account.
pub(super) async fn connect(app: &App, store_id: StoreId) -> anyhow::Result<()> {
    // These keys are the sandbox's; a real Stripe is never asked about them.
    ensure!(
        is_loopback(&app.settings.stripe_api_base),
        "STRIPE_API_BASE is not the sandbox"
    );
    let [account, _] = sandbox::accounts();
    if is_connected(app, store_id, &account.account_id).await? {
        return Ok(health::look_now(app, store_id, Mode::Test).await?);
    }
    let input = ConnectInput {
        publishable_key: account.publishable_key,
        secret_key: account.secret_key.into(),
        webhook_secret: None,
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
