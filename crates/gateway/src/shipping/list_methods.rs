//! `GET /shipping-methods`: what a store offers, oldest first.

use actix_web::{HttpResponse, web};

use super::wire::{MAX_METHODS, ShippingMethodReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::paging::List;

/// All of them, for anyone: they fit one page.
pub async fn list_methods(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let methods = db::shipping_methods::list_active(&mut conn, store.id, MAX_METHODS).await?;
    let data = methods.into_iter().map(ShippingMethodReply::from).collect();
    Ok(HttpResponse::Ok().json(List::new(data, MAX_METHODS, false)))
}
