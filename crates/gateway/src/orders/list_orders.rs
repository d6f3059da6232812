//! `GET /orders`, with a store API key: the orders of the key's mode, newest first.

use actix_web::{HttpResponse, web};
use domain::OrderId;

use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::paging::{Cursor, List, PageQuery};

/// One page of orders.
pub async fn list_orders(
    app: web::Data<App>,
    caller: StoreKey,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit()?;
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let cursor = query.cursor::<OrderId>()?;
    let mut conn = app.db.read().await?;
    let rows = match cursor {
        Cursor::First => {
            db::orders::list_before(&mut conn, store_id, mode, None, limit + 1).await?
        }
        Cursor::After(id) => {
            db::orders::list_before(&mut conn, store_id, mode, Some(id), limit + 1).await?
        }
        Cursor::Before(id) => {
            db::orders::list_after(&mut conn, store_id, mode, id, limit + 1).await?
        }
    };
    let mut data = Vec::with_capacity(rows.len());
    for order in &rows {
        data.push(OrderReply::load(&app, &mut conn, order, Audience::Merchant).await?);
    }
    Ok(HttpResponse::Ok().json(List::new(data, limit, matches!(cursor, Cursor::Before(_)))))
}
