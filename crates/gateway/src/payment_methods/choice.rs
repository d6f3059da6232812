//! The way to pay that a shopper chose.

use db::payment_methods::PaymentMethod;
use domain::StoreId;

use super::wire::STRIPE;
use crate::app::App;
use crate::error::ApiError;

/// One of the merchant's own; `None` for Stripe, which is also what is meant where nothing is said.
pub async fn choose(
    app: &App,
    store_id: StoreId,
    wanted: Option<&str>,
) -> Result<Option<PaymentMethod>, ApiError> {
    let unknown = || ApiError::not_found("payment method").param("payment_method_id");
    let Some(wanted) = wanted.filter(|wanted| *wanted != STRIPE) else {
        return Ok(None);
    };
    let method_id = wanted.parse().map_err(|_| unknown())?;
    let mut conn = app.db.read().await?;
    let method = db::payment_methods::find(&mut conn, store_id, method_id).await?;
    let method = method.filter(|method| method.active);
    method.map(Some).ok_or_else(unknown)
}
