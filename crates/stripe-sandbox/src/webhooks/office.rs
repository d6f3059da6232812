//! What requests and the control API share with the dispatcher.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::webhooks::DeliveryId;

/// A message to the dispatcher.
#[derive(Debug)]
pub(crate) enum Command {
    Deliver(DeliveryId),
    /// Waits for a further attempt become so many times shorter.
    Hurry(f64),
}

/// The way to the dispatcher, and what is known of its work.
pub(crate) struct Office {
    commands: mpsc::UnboundedSender<Command>,
    /// Deliveries that are under way, or will be tried again by themselves.
    open: AtomicUsize,
    /// Rings when a job is over.
    rings: Notify,
    pub(super) client: reqwest::Client,
    pub(super) timeout: Duration,
}

impl Office {
    pub(crate) fn new(
        commands: mpsc::UnboundedSender<Command>,
        client: reqwest::Client,
        timeout: Duration,
    ) -> Self {
        Self {
            commands,
            open: AtomicUsize::new(0),
            rings: Notify::new(),
            client,
            timeout,
        }
    }

    pub(crate) fn deliver(&self, id: DeliveryId) {
        self.opened(1);
        self.send(Command::Deliver(id));
    }

    pub(crate) fn hurry(&self, factor: f64) {
        self.send(Command::Hurry(factor));
    }

    /// Ends when no delivery is under way or waits to be tried again.
    pub(crate) async fn idle(&self) {
        loop {
            let rings = self.rings.notified();
            tokio::pin!(rings);
            // Registered before the look, so that no ring between the two is missed.
            rings.as_mut().enable();
            if self.open.load(Ordering::SeqCst) == 0 {
                return;
            }
            rings.await;
        }
    }

    pub(super) fn opened(&self, jobs: usize) {
        self.open.fetch_add(jobs, Ordering::SeqCst);
    }

    pub(super) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.rings.notify_waiters();
    }

    fn send(&self, command: Command) {
        // The dispatcher is gone only when the sandbox is stopping: nothing left to deliver.
        let _ = self.commands.send(command);
    }
}
