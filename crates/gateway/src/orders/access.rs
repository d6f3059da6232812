//! Who may see an order: the holder of its token, or the store's API key of the same mode.

use actix_web::HttpRequest;
use db::orders::Order;
use domain::StoreId;
use secrecy::ExposeSecret;

use super::wire::Audience;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{self, StoreKey};

/// The store's order with this id, if the caller may see it; otherwise 404, whether it exists or not.
pub async fn find_order(
    app: &App,
    request: &HttpRequest,
    store_id: StoreId,
    order_id: &str,
) -> Result<(Order, Audience), ApiError> {
    let token = guards::bearer(request).ok_or_else(|| {
        ApiError::unauthorized(
            "order_token_required",
            "Send the order_token or a store API key: Authorization: Bearer …",
        )
    })?;
    let api_key = guards::find_api_key(app, store_id, &token).await?;
    if api_key.is_none() && token.expose_secret().starts_with("tgk_") {
        return Err(ApiError::unauthorized(
            "api_key_invalid",
            "This is not an API key of this store.",
        ));
    }
    let not_found = || ApiError::not_found("order");
    let order_id = order_id.parse().map_err(|_| not_found())?;
    let order = db::orders::find(&mut app.db.read().await?, store_id, order_id)
        .await?
        .ok_or_else(not_found)?;
    match api_key {
        Some(key) if key.mode == order.mode => Ok((order, Audience::Merchant)),
        None if guards::is_order_token(&order, &token) => Ok((order, Audience::Shopper)),
        _ => Err(not_found()),
    }
}

/// The order that a merchant's back end names: of its key's store and mode, otherwise 404.
pub async fn find_of_key(app: &App, caller: &StoreKey, order_id: &str) -> Result<Order, ApiError> {
    let not_found = || ApiError::not_found("order");
    let order_id = order_id.parse().map_err(|_| not_found())?;
    let order = db::orders::find(&mut app.db.read().await?, caller.store.id, order_id).await?;
    order
        .filter(|order| order.mode == caller.key.mode)
        .ok_or_else(not_found)
}
