//! What happens later. Every job is a `run_once(&App)` that tests call; this module owns tasks, pace and shutdown.

pub mod actions;
pub mod address_hashes;
pub mod authorizations;
pub mod card_testing;
pub mod effects;
mod given_up;
pub mod health;
pub mod inbox;
pub mod labels;
pub mod links;
pub mod parked;
mod places;
pub mod preview;
pub mod prune;
pub mod recall;
pub mod reconcile;
pub mod refunds;
mod regular;
pub mod returned;
pub mod settle;
mod state;
pub mod stock;
pub mod sweep;
mod told;
pub mod unordered;

pub use state::WorkState;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use regular::Regular;

/// The regular jobs. Whoever adds one adds an entry.
const REGULAR: &[Regular] = &[
    // Captures and cancellations that were begun and did not end.
    Regular {
        name: "actions",
        every: Duration::from_secs(1),
        can_be_woken: false,
        run_once: |app| Box::pin(actions::run_once(app)),
    },
    // Orders from before addresses could be searched for.
    Regular {
        name: "address_hashes",
        every: Duration::from_mins(30),
        can_be_woken: false,
        run_once: |app| Box::pin(address_hashes::run_once(app)),
    },
    Regular {
        name: "authorizations",
        every: Duration::from_mins(1),
        can_be_woken: false,
        run_once: |app| Box::pin(authorizations::run_once(app)),
    },
    Regular {
        name: "card_testing",
        every: Duration::from_secs(30),
        can_be_woken: false,
        run_once: |app| Box::pin(card_testing::run_once(app)),
    },
    // Keys, accounts and webhook endpoints.
    Regular {
        name: "health",
        every: Duration::from_secs(5),
        can_be_woken: true,
        run_once: |app| Box::pin(health::run_once(app)),
    },
    // Payments that were made before their order: Stripe gets to know its number.
    Regular {
        name: "labels",
        every: Duration::from_secs(1),
        can_be_woken: false,
        run_once: |app| Box::pin(labels::run_once(app)),
    },
    // Links whose shopper does not come back: paid, or expired.
    Regular {
        name: "links",
        every: Duration::from_secs(5),
        can_be_woken: false,
        run_once: |app| Box::pin(links::run_once(app)),
    },
    // The partitions of the next months, and what is older than the operator wants to keep.
    Regular {
        name: "prune",
        every: Duration::from_mins(10),
        can_be_woken: false,
        run_once: |app| Box::pin(prune::run_once(app)),
    },
    // What a clock that was ahead has put to sleep.
    Regular {
        name: "recall",
        every: Duration::from_mins(1),
        can_be_woken: false,
        run_once: |app| Box::pin(recall::run_once(app)),
    },
    Regular {
        name: "reconcile",
        every: Duration::from_secs(1),
        can_be_woken: true,
        run_once: |app| Box::pin(reconcile::run_once(app)),
    },
    // Refunds that a crash, or a Stripe that did not answer, left open.
    Regular {
        name: "refunds",
        every: Duration::from_secs(5),
        can_be_woken: false,
        run_once: |app| Box::pin(refunds::run_once(app)),
    },
    Regular {
        name: "stock",
        every: Duration::from_secs(20),
        can_be_woken: false,
        run_once: |app| Box::pin(stock::run_once(app)),
    },
    Regular {
        name: "sweep",
        every: Duration::from_secs(15),
        can_be_woken: false,
        run_once: |app| Box::pin(sweep::run_once(app)),
    },
];

/// What is in hand may take this long once we are told to stop; what is left then is cut off, and done by another
/// gateway or by the next start.
const DRAIN: Duration = Duration::from_secs(20);

/// Works until told to stop, then finishes what is in hand.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(inbox::run(
        Arc::clone(&app),
        inbox::Tempo::default(),
        stop.clone(),
    ));
    for job in REGULAR {
        tasks.spawn(job.run(Arc::clone(&app), stop.clone()));
    }
    let told = async {
        // An error means that nobody is there any more who could tell.
        let _ = stop.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = ended(&mut tasks) => {}
        () = told => {
            tracing::warn!("stopping: work in hand was cut off");
            tasks.shutdown().await;
        }
    }
}

async fn ended(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            // The others are cut off with the set, and the process ends: better a restart than half a worker.
            tracing::error!(%error, "a worker ended unexpectedly");
            return;
        }
    }
}
