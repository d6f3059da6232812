//! Connects the demo store as its merchant would: a webhook endpoint at Stripe, then the three keys.
//!
//! At every start, because the sandbox forgets its webhook endpoints.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::StoreId;
use domain::return_url::is_loopback;
use secrecy::SecretString;
use serde::Deserialize;

use crate::app::App;
use crate::cli::sandbox;
use crate::connect::keys::{self, ConnectInput};

/// The sandbox is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);

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
    let webhook_url = format!("http://{}/webhook/stripe/{store_id}", reachable(address));
    let webhook_secret = create_webhook_endpoint(app, &account.secret_key, &webhook_url).await?;
    let input = ConnectInput {
        publishable_key: account.publishable_key,
        secret_key: account.secret_key.into(),
        webhook_secret: Some(webhook_secret),
        token_id: None,
    };
    keys::connect(app, store_id, input).await?;
    Ok(())
}

/// The part of Stripe's answer that is told only this once.
#[derive(Deserialize)]
struct CreatedEndpoint {
    secret: SecretString,
}

async fn create_webhook_endpoint(
    app: &App,
    secret_key: &str,
    webhook_url: &str,
) -> anyhow::Result<SecretString> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let answer = client
        .post(app.settings.stripe_api_base.join("v1/webhook_endpoints")?)
        .bearer_auth(secret_key)
        .form(&[("url", webhook_url), ("enabled_events[]", "*")])
        .send()
        .await?
        .error_for_status()?;
    let endpoint: CreatedEndpoint = answer
        .json()
        .await
        .context("the answer is not a webhook endpoint's")?;
    Ok(endpoint.secret)
}

/// Where the sandbox reaches us: at our own port, whatever stands before `PUBLIC_URL`.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    address
}
