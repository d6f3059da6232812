//! `POST /carts`: anyone makes a cart; its id is the right to use it.

use actix_web::{HttpResponse, web};
use db::carts::Cart;
use domain::{CartId, Currency, Mode};
use jiff::SignedDuration;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart_wire::{AdHocLines, CartReply, LineRequest, price_lines};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{MaybeStoreKey, RouteStore};
use crate::json::Json;

/// A cart is forgotten after a week: long enough to come back to, short enough for prices to hold.
const CART_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a cart is made from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCart)]
pub struct CartRequest {
    #[schema(max_items = 100)]
    items: Vec<LineRequest>,
    #[schema(min_length = 3, max_length = 3, example = "eur")]
    currency: Option<String>,
}

/// Makes a cart with prices from the catalogue.
pub async fn create_cart(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    MaybeStoreKey(key): MaybeStoreKey,
    Json(request): Json<CartRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let currency = request
        .currency
        .map(|code| code.parse::<Currency>())
        .transpose()?;
    let ad_hoc = if key.is_some() {
        AdHocLines::Allowed
    } else {
        AdHocLines::Refused
    };
    let priced = price_lines(
        &mut app.db.read().await?,
        store.id,
        request.items,
        currency,
        store.currency,
        ad_hoc,
    )
    .await?;
    let cart = Cart {
        id: CartId::generate(),
        mode: key
            .map(|key| key.mode)
            .or(store.active_mode)
            .unwrap_or(Mode::Test),
        currency: priced.currency,
        version: 1,
        created_at: now,
        expires_at: now + CART_LIFE,
    };
    let mut tx = app.db.begin().await?;
    db::carts::insert(&mut tx, store.id, &cart, &priced.lines).await?;
    tx.commit().await?;
    Ok(HttpResponse::Created().json(CartReply::new(store.id, &cart, priced.lines)?))
}
