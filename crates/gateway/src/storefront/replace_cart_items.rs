//! `PUT /carts/{cart_id}/items`: replaces the lines of a cart that nobody has paid.

use actix_web::{HttpResponse, web};
use db::Conn;
use db::carts::Cart;
use domain::StoreId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart_wire::{AdHocLines, CartReply, LineRequest, price_lines};
use super::show_cart::find_cart;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{MaybeStoreKey, RouteStore};
use crate::json::Json;
use crate::orders::place::{cart_locked, is_firm};

/// The new lines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartItems)]
pub struct ItemsRequest {
    #[schema(max_items = 100)]
    items: Vec<LineRequest>,
}

/// Replaces the lines with prices from the catalogue.
pub async fn replace_cart_items(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    MaybeStoreKey(key): MaybeStoreKey,
    path: web::Path<(String, String)>,
    Json(request): Json<ItemsRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let ad_hoc = if key.is_some() {
        AdHocLines::Allowed
    } else {
        AdHocLines::Refused
    };
    // What anyone may send is checked before a transaction, which an error would give up with its connection.
    let mut conn = app.db.read().await?;
    let cart = find_cart(&mut conn, store.id, &path.1, now).await?;
    // A key acts on its own mode: a test key sets no prices in a live cart.
    if key.is_some_and(|key| key.mode != cart.mode) {
        return Err(ApiError::not_found("cart"));
    }
    check_unlocked(&mut conn, store.id, &cart).await?;
    let priced = price_lines(
        &mut conn,
        store.id,
        request.items,
        Some(cart.currency),
        store.currency,
        ad_hoc,
    )
    .await?;
    drop(conn);
    let mut tx = app.db.begin().await?;
    check_unlocked(&mut tx, store.id, &cart).await?;
    if !db::carts::replace_lines(&mut tx, store.id, &cart, &priced.lines).await? {
        return Err(ApiError::conflict(
            "cart_changed",
            "The cart was changed at the same moment. Read it again, then try again.",
        ));
    }
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(CartReply::new(store.id, &cart, priced.lines)?))
}

/// 409 once the cart is paid, its payment authorised, or its order one that is paid by hand: what was paid for must not change.
pub async fn check_unlocked(
    conn: &mut Conn,
    store_id: StoreId,
    cart: &Cart,
) -> Result<(), ApiError> {
    let order = db::orders::find_open_by_cart(conn, store_id, cart.id).await?;
    let payment = db::payments::find_open_by_cart(conn, store_id, cart.id).await?;
    let taken = order.is_some_and(|order| is_firm(&order))
        || payment.is_some_and(|payment| payment.status.holds_money());
    if taken {
        return Err(cart_locked());
    }
    Ok(())
}
