//! `GET /payment-methods`: how a store can be paid, in the reader's language.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use db::Conn;
use db::stores::Store;

use super::languages;
use super::wire::PaymentMethodReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::paging::List;
use crate::shipping::wire::MAX_METHODS;

/// Stripe's first, where the store is connected, then the merchant's own, for anyone.
pub async fn list_methods(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
) -> Result<HttpResponse, ApiError> {
    let wanted = languages::of(&request);
    let mut conn = app.db.read().await?;
    let mut data = Vec::new();
    if is_connected(&mut conn, &store).await? {
        data.push(PaymentMethodReply::stripe(&wanted));
    }
    for method in db::payment_methods::list_active(&mut conn, store.id, MAX_METHODS).await? {
        data.push(PaymentMethodReply::manual(&method, &wanted)?);
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::VARY, "Accept-Language"))
        .json(List::new(data, MAX_METHODS + 1, false)))
}

async fn is_connected(conn: &mut Conn, store: &Store) -> Result<bool, ApiError> {
    let Some(mode) = store.active_mode else {
        return Ok(false);
    };
    let connection = db::connections::find(conn, store.id, mode).await?;
    Ok(connection.is_some_and(|connection| !connection.reconnect_needed))
}
