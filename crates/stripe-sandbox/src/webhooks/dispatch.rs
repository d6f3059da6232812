//! Deliveries that go out by themselves, with retries.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::state::Shared;
use crate::webhooks::{DeliveryId, DeliveryState, attempt};

/// Runs until the sandbox stops; deliveries in flight end with it.
pub(crate) async fn dispatcher(shared: Arc<Shared>, mut due: mpsc::UnboundedReceiver<DeliveryId>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            next = due.recv() => match next {
                Some(id) => { running.spawn(deliver(Arc::clone(&shared), id)); }
                None => return,
            },
            Some(_) = running.join_next() => {}
        }
    }
}

async fn deliver(shared: Arc<Shared>, id: DeliveryId) {
    for delay in shared.webhook_retry_delays.clone() {
        match attempt(&shared, &id, DeliveryState::Pending).await {
            Some(answer) if !answer.accepted() => tokio::time::sleep(delay).await,
            _ => return,
        }
    }
    attempt(&shared, &id, DeliveryState::Failed).await;
}
