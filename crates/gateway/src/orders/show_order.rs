//! `GET /orders/{order_id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use db::orders::Order;

use super::access::find_order;
use super::wire::OrderReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::work::settle;

/// The order, for its shopper or its merchant.
pub async fn show_order(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (order, audience) = find_order(&app, &request, store.id, &path.1).await?;
    let (order, _) = up_to_date(&app, order).await?;
    let mut conn = app.db.read().await?;
    Ok(HttpResponse::Ok().json(OrderReply::load(&app, &mut conn, &order, audience).await?))
}

/// An order that waits for its money is looked up at Stripe: its webhook may be late or lost. Tells whether Stripe answered.
pub async fn up_to_date(app: &App, order: Order) -> Result<(Order, bool), ApiError> {
    if !order.payment_status.is_payable() {
        return Ok((order, false));
    }
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_open_by_order(&mut conn, order.store_id, order.id).await?;
    drop(conn);
    let Some(intent) = payment.and_then(|payment| payment.payment_intent_id) else {
        return Ok((order, false));
    };
    let is_fresh = settle::catch_up(app, order.store_id, order.mode, &intent).await;
    let fresh = db::orders::find(&mut app.db.read().await?, order.store_id, order.id).await?;
    Ok((fresh.unwrap_or(order), is_fresh))
}
