//! `GET /api/internal/orders/{order_id}`: an order of any store.

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::error::ApiError;
use crate::guards::InternalCaller;
use crate::orders::wire::{Audience, OrderReply};

/// The order, for another service of the deployment.
pub async fn show_order(
    app: web::Data<App>,
    _caller: InternalCaller,
    order_id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let not_found = || ApiError::not_found("order");
    let order_id = order_id.parse().map_err(|_| not_found())?;
    let mut conn = app.db.read().await?;
    let order = db::orders::find_in_any_store(&mut conn, order_id)
        .await?
        .ok_or_else(not_found)?;
    Ok(HttpResponse::Ok()
        .json(OrderReply::load(&app, &mut conn, &order, Audience::Merchant).await?))
}
