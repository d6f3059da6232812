//! A gateway at work: the server, the worker, and how both end in order.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use anyhow::bail;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::open;
use super::signals::Signals;
use crate::app::App;
use crate::{forwarder, server, work};

/// Answers requests and works through the inbox until it is told to stop.
pub(super) struct Running {
    app: Arc<App>,
    server: ServerHandle,
    served: JoinHandle<io::Result<()>>,
    stop_work: watch::Sender<bool>,
    worked: JoinHandle<()>,
    stop_forwarding: watch::Sender<bool>,
    forwarded: JoinHandle<()>,
}

impl Running {
    pub(super) fn start(app: Arc<App>, listener: TcpListener) -> io::Result<Self> {
        let server = server::start(Arc::clone(&app), listener)?;
        let (stop_work, stop) = watch::channel(false);
        let (stop_forwarding, stop_forwarder) = watch::channel(false);
        Ok(Self {
            server: server.handle(),
            served: tokio::spawn(server),
            worked: tokio::spawn(work::run(Arc::clone(&app), stop)),
            stop_work,
            forwarded: tokio::spawn(forwarder::run::run(Arc::clone(&app), stop_forwarder)),
            stop_forwarding,
            app,
        })
    }

    /// Waits for a signal, then finishes what is in hand. A second signal leaves it behind.
    pub(super) async fn until_stopped(mut self, signals: &mut Signals) -> anyhow::Result<()> {
        tokio::select! {
            () = signals.next() => {}
            _ = &mut self.served => bail!("the server ended by itself"),
            _ = &mut self.worked => bail!("the worker ended by itself"),
        }
        tracing::info!("stopping: finishing what is in hand");
        tokio::select! {
            () = self.stop() => Ok(()),
            () = signals.next() => bail!("told to stop twice: requests in hand were cut off"),
        }
    }

    /// The Stripe CLI and requests first, because they store events and wake the worker; then the worker; then the
    /// inbox's last batch.
    async fn stop(self) {
        self.stop_forwarding.send_replace(true);
        let ((), forwarded) = tokio::join!(self.server.stop(true), self.forwarded);
        if forwarded.is_err() {
            tracing::error!("the Stripe CLI's supervisor panicked");
        }
        self.stop_work.send_replace(true);
        if self.worked.await.is_err() {
            tracing::error!("the worker panicked");
        }
        open::close(&self.app).await;
        tracing::info!("stopped");
    }
}
