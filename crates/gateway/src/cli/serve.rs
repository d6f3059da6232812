//! `tillgate serve`: the gateway.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;

use super::open;
use super::running::Running;
use super::signals::Signals;
use crate::settings::Defaults;

/// Runs until SIGTERM or Ctrl-C.
pub async fn run() -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let settings = open::settings(&Defaults::default())?;
    let mut app = open::app(settings).await?;
    let bind_addr = app.settings.bind_addr;
    let listener = TcpListener::bind(bind_addr)
        .with_context(|| format!("cannot listen on BIND_ADDR {bind_addr}"))?;
    let address = listener.local_addr()?;
    app.settings.follow_bound_address(address);
    tracing::info!(
        address = %address,
        public_url = %app.settings.public_origin(),
        environment = ?app.settings.environment,
        database = ?app.db.engine(),
        "listening"
    );
    Running::start(Arc::new(app), listener)?
        .until_stopped(&mut signals)
        .await
}
