//! `GET /orders`, with a store API key: the orders of the key's mode, newest first, filtered.

use actix_web::{HttpResponse, web};
use domain::OrderId;

use super::filter::OrderQuery;
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::paging::{Cursor, List};

/// One page of orders. Filters: `status`, `payment_status`, `created[gte]`, `[gt]`, `[lte]`, `[lt]`, `email`, `number`,
/// `needs_attention=true`. Each page of a filtered list is asked for with the same filters.
pub async fn list_orders(
    app: web::Data<App>,
    caller: StoreKey,
    query: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, ApiError> {
    let query = OrderQuery::parse(query.into_inner())?;
    let (limit, cursor) = (query.page.limit()?, query.page.cursor::<OrderId>()?);
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let filter = query.filter(&app.vault, store_id, mode)?;
    let mut conn = app.db.read().await?;
    let up_to = limit + 1;
    let rows = match cursor {
        Cursor::First => {
            db::orders::list_before(&mut conn, store_id, mode, &filter, None, up_to).await?
        }
        Cursor::After(id) => {
            db::orders::list_before(&mut conn, store_id, mode, &filter, Some(id), up_to).await?
        }
        Cursor::Before(id) => {
            db::orders::list_after(&mut conn, store_id, mode, &filter, id, up_to).await?
        }
    };
    let mut data = Vec::with_capacity(rows.len());
    for order in &rows {
        data.push(OrderReply::load(&app, &mut conn, order, Audience::Merchant).await?);
    }
    Ok(HttpResponse::Ok().json(List::new(data, limit, matches!(cursor, Cursor::Before(_)))))
}
