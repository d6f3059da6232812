//! Orders that were placed before addresses could be searched for get their hash. Where it stands needs no note: what is done
//! has a hash, also where there is no address.

use db::orders::{Order, hashes};

use crate::app::App;
use crate::error::ApiError;
use crate::orders::wire::contact;

/// Orders of one transaction.
const BATCH: i64 = 100;

/// Makes up for a batch of missing hashes. Returns how many orders got one.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let missing = hashes::list_missing(&app.db, BATCH).await?;
    if missing.is_empty() {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    for order in &missing {
        hashes::fill(&mut tx, order.store_id, order.id, hash(app, order)).await?;
    }
    tx.commit().await?;
    tracing::info!(
        orders = missing.len(),
        "orders can be found by their address now"
    );
    Ok(missing.len())
}

fn hash(app: &App, order: &Order) -> String {
    match contact(app, order) {
        Ok(contact) => contact.email_hash(&app.vault, order.store_id, order.mode),
        // Tried for ever, it would keep the others from their turn.
        Err(error) => {
            tracing::error!(store_id = %order.store_id, order_id = %order.id, ?error, "an order's contact cannot be opened: it is not found by its address");
            String::new()
        }
    }
}
