//! `GET /orders/{order_id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::access::find_order;
use super::wire::OrderReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;

/// The order, for its shopper or its merchant.
pub async fn show_order(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let (order, audience) = find_order(&app, &mut conn, &request, store.id, &path.1).await?;
    Ok(HttpResponse::Ok().json(OrderReply::load(&app, &mut conn, &order, audience).await?))
}
