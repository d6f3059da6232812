//! Works through the inbox: each store in turn, many events at once, none of a store that Stripe does not answer.
//!
//! [`breaker`] and `turns` decide who is next, `worker` claims and holds, `process` does the work.

pub mod breaker;
mod process;
mod turns;
mod worker;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use domain::StoreId;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use self::worker::Worker;
use crate::app::App;
use crate::error::ApiError;

/// How often the worker does what nothing wakes it for.
#[derive(Debug, Clone, Copy)]
pub struct Tempo {
    /// Looking for stores that nobody named: bounds how late the events of a dead gateway are noticed.
    pub scan: Duration,
    /// Extending the leases of what is in work: several times in a lease.
    pub beat: Duration,
    /// How long what is in work may take once we are told to stop.
    pub drain: Duration,
}

impl Default for Tempo {
    fn default() -> Self {
        Self {
            scan: Duration::from_secs(1),
            beat: Duration::from_secs(5),
            // A little less than the runner waits for us.
            drain: Duration::from_secs(18),
        }
    }
}

/// Works until told to stop, then finishes what is in hand, or gives it back.
pub async fn run(app: Arc<App>, tempo: Tempo, mut stop: watch::Receiver<bool>) {
    match db::inbox::take_over(&app.db, app.now()).await {
        Ok(0) => {}
        Ok(events) => tracing::info!(events, "went on with events that were in work before"),
        Err(error) => tracing::error!(%error, "events that were in work before have to wait"),
    }
    let mut worker = Worker::new(&app);
    let (mut scan, mut beat) = (interval(tempo.scan), interval(tempo.beat));
    scan.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_scanning = false;
    while !*stop.borrow() {
        worker.take_hints();
        // After a failure the next try waits for the scan or for another sign of life.
        let failed = match worker.fill().await {
            Ok(0) => false,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(?error, "the inbox worker could not claim events");
                true
            }
        };
        tokio::select! {
            Some(ended) = worker.ended() => worker.note(ended),
            () = app.work.hinted(), if !failed => {}
            _ = scan.tick() => {
                worker.relieve();
                is_scanning = look(&mut worker).await;
            }
            // As long as there is room for what it may find, a scan goes on to its end.
            () = ready(()), if is_scanning && !failed && worker.has_room() => {
                is_scanning = look(&mut worker).await;
            }
            _ = beat.tick() => keep(&mut worker).await,
            gone = stop.changed() => if gone.is_err() { break },
        }
    }
    let deadline = tokio::time::sleep(tempo.drain);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            ended = worker.ended() => match ended {
                Some(ended) => worker.note(ended),
                None => break,
            },
            _ = beat.tick() => keep(&mut worker).await,
            () = &mut deadline => {
                worker.give_back().await;
                break;
            }
        }
    }
}

/// Whether the scan has more to look at.
async fn look(worker: &mut Worker) -> bool {
    worker.scan().await.unwrap_or_else(|error| {
        tracing::error!(?error, "the inbox worker could not look for events");
        false
    })
}

async fn keep(worker: &mut Worker) {
    if let Err(error) = worker.beat().await {
        // There are several beats in a lease; and what is stored by a worker without a lease is rolled back.
        tracing::error!(?error, "leases could not be extended");
    }
}

/// Works through what is due of one store, and keeps its leases meanwhile. Returns how many events that were.
pub async fn run_store(app: &Arc<App>, store_id: StoreId, tempo: Tempo) -> Result<usize, ApiError> {
    let mut worker = Worker::new(app);
    worker.add(store_id);
    let mut beat = interval(tempo.beat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut done = worker.fill().await?;
    loop {
        tokio::select! {
            ended = worker.ended() => match ended {
                Some(ended) => worker.note(ended),
                None => return Ok(done),
            },
            _ = beat.tick() => keep(&mut worker).await,
        }
        done += worker.fill().await?;
    }
}

/// Works through all that is due now. Returns how many events that were.
pub async fn run_once(app: &Arc<App>) -> Result<usize, ApiError> {
    let mut worker = Worker::new(app);
    while worker.scan().await? {}
    let mut done = 0;
    loop {
        done += worker.fill().await?;
        match worker.ended().await {
            Some(ended) => worker.note(ended),
            None => return Ok(done),
        }
    }
}
