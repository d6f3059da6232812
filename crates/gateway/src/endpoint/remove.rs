//! Takes our endpoint out of an account again.

use domain::{Mode, StoreId};
use stripe_http::webhook_endpoints;

use super::record;
use super::wanted::Wanted;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Deletes our endpoints of a connection, current or former, as far as its key permits, and forgets them. Returns how many
/// there were; call it while the key is still there. Their secrets stay valid for what is under way.
pub async fn remove(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<usize, ApiError> {
    let Some(stripe) = StoreStripe::of_account(app, store_id, mode, account_id).await? else {
        return Ok(0);
    };
    let wanted = Wanted::of(&app.settings, store_id, mode);
    let listed = match webhook_endpoints::list(&stripe.client).await {
        Ok(listed) => listed,
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let mut removed = 0;
    for endpoint in listed.iter().filter(|endpoint| wanted.is_ours(endpoint)) {
        if let Err(error) = webhook_endpoints::delete(&stripe.client, &endpoint.id).await {
            return Err(stripe.fail(app, error).await);
        }
        let mut tx = app.db.begin().await?;
        record::audit(app, &mut tx, &stripe, "webhook_endpoint.deleted", endpoint).await?;
        tx.commit().await?;
        removed += 1;
    }
    let mut tx = app.db.begin().await?;
    db::webhook_endpoints::remove(&mut tx, store_id, mode, account_id).await?;
    tx.commit().await?;
    Ok(removed)
}
