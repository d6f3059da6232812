//! `GET /products`: a store's active products, oldest first.

use actix_web::{HttpResponse, web};
use domain::ProductId;

use super::product_wire::ProductReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::paging::{Cursor, List, PageQuery};

/// One page of the catalogue, for anyone.
pub async fn list_products(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit()?;
    let cursor = query.cursor::<ProductId>()?;
    let mut conn = app.db.read().await?;
    let rows = match cursor {
        Cursor::First => db::products::list_active(&mut conn, store.id, None, limit + 1).await?,
        Cursor::After(id) => {
            db::products::list_active(&mut conn, store.id, Some(id), limit + 1).await?
        }
        Cursor::Before(id) => {
            db::products::list_active_before(&mut conn, store.id, id, limit + 1).await?
        }
    };
    let data = rows.into_iter().map(ProductReply::from).collect();
    Ok(HttpResponse::Ok().json(List::new(data, limit, matches!(cursor, Cursor::Before(_)))))
}
