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
const COUNTED: Duration = Duration::from_secs(5);

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
            let run = format!("ingest{connections}x");
            let target = vec![webhook::Target::store(store_id)];
            let events = webhook::events(webhook::UNHANDLED, &run, target)?;
            by_connections.push(Row {
                connections,
                webhooks: Load::run(gateway, connections, COUNTED, events).await?,
                one_per_commit_per_s: limit::one_per_commit(place, connections).await?,
            });
        }
        Ok(Self {
            by_connections,
            batched_per_s: limit::batched(place).await?,
        })
    }
}
