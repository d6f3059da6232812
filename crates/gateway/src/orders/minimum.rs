//! What Stripe would refuse as too small takes nobody's stock.

use domain::{Mode, Money, StoreId};

use crate::app::App;
use crate::error::ApiError;

/// 422 `amount_too_small` where Stripe is known to refuse the total. That is known in the currency that the store's account is
/// paid out in; of others Stripe is asked when it is paid.
pub async fn check(app: &App, store_id: StoreId, mode: Mode, total: Money) -> Result<(), ApiError> {
    let Some(minimum_minor) = total.currency().settled_minimum_minor() else {
        return Ok(());
    };
    if total.amount_minor() >= minimum_minor {
        return Ok(());
    }
    let connection = db::connections::find(&mut app.db.read().await?, store_id, mode).await?;
    let settled_in = connection.and_then(|connection| connection.default_currency);
    if settled_in.as_deref() != Some(total.currency().as_str()) {
        return Ok(());
    }
    Err(ApiError::unprocessable(
        "amount_too_small",
        "The total is too small to be paid through Stripe. Add something to the cart.",
    )
    .param("amount"))
}
