//! Durable webhooks a second over more and more connections, and beside them what the engine does at most by itself.

use std::time::Duration;

use serde::Serialize;

use crate::limit;
use crate::load::Load;
use crate::place::Place;
use crate::process::Gateway;
use crate::webhook;

/// Clients at once.
const CONNECTIONS: [usize; 4] = [1, 8, 64, 256];
/// The gateway and the engine alone take turns, so that both meet the same machine: what its other guests leave of it changes
/// by the second.
const ROUNDS: u32 = 4;
const COUNTED: Duration = Duration::from_millis(2500);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ingest {
    pub(crate) by_connections: Vec<Row>,
    /// Rows a second of the engine alone, 128 in each commit.
    pub(crate) batched_per_s: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) connections: usize,
    pub(crate) webhooks: Load,
    /// Rows a second of the engine alone, one in each commit, from as many clients.
    pub(crate) one_per_commit_per_s: f64,
}

impl Ingest {
    /// Webhooks that nobody works on, so that only intake is measured. The gateway idles while the engine is alone.
    pub(crate) async fn measure(
        place: &Place,
        gateway: &Gateway,
        store_id: &str,
    ) -> anyhow::Result<Self> {
        let mut by_connections = Vec::with_capacity(CONNECTIONS.len());
        for connections in CONNECTIONS {
            let (mut webhooks, mut alone_per_s) = (Vec::new(), 0.0);
            for round in 0..ROUNDS {
                let run = format!("ingest{connections}x{round}x");
                let target = vec![webhook::Target::store(store_id)];
                let events = webhook::events(webhook::UNHANDLED, &run, target)?;
                webhooks.push(Load::run(gateway, connections, COUNTED, events).await?);
                alone_per_s += limit::one_per_commit(place, connections).await?;
            }
            by_connections.push(Row {
                connections,
                webhooks: Load::joined(webhooks),
                one_per_commit_per_s: alone_per_s / f64::from(ROUNDS),
            });
        }
        Ok(Self {
            by_connections,
            batched_per_s: limit::batched(place).await?,
        })
    }
}
