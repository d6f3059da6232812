//! `GET /carts/{cart_id}`.

use actix_web::{HttpResponse, web};
use db::Conn;
use db::carts::Cart;
use domain::StoreId;
use jiff::Timestamp;

use super::cart_wire::CartReply;
use super::prices;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;

/// The cart, for whoever knows its id.
pub async fn show_cart(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let cart = find_cart(&mut conn, store.id, &path.1, app.now()).await?;
    let lines = db::carts::lines(&mut conn, store.id, cart.id).await?;
    let products = prices::products_of(&mut conn, store.id, &lines).await?;
    let reply = CartReply::at_present(store.id, &cart, &lines, &products)?;
    Ok(HttpResponse::Ok().json(reply))
}

/// The store's cart with this id; 404 for malformed, unknown, foreign and expired ones alike.
pub async fn find_cart(
    conn: &mut Conn,
    store_id: StoreId,
    id: &str,
    now: Timestamp,
) -> Result<Cart, ApiError> {
    let not_found = || ApiError::not_found("cart");
    let cart_id = id.parse().map_err(|_| not_found())?;
    db::carts::find(conn, store_id, cart_id, now)
        .await?
        .ok_or_else(not_found)
}
