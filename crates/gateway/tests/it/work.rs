//! The workers: each store its share, leases that hold, events that are given up, and what is forgotten.

mod clock;
mod fairness;
mod leases;
mod parked;
mod pruning;

use std::sync::Arc;
use std::time::Duration;

use gateway::app::App;
use gateway::work::inbox::{Tempo, run};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A worker as `serve` has it.
struct Running {
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Running {
    fn start(app: &Arc<App>, tempo: Tempo) -> Self {
        let (stop, stopping) = watch::channel(false);
        let worker = tokio::spawn(run(Arc::clone(app), tempo, stopping));
        Self { stop, worker }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.worker.await.unwrap();
    }
}

/// Looks again and again until it is so; the runner's time limit ends what never comes.
async fn until(is_so: impl AsyncFn() -> bool) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
