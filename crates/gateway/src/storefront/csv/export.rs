//! `GET /products.csv`, with a store API key: the active products, oldest first.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use domain::{ProductId, StoreId};
use futures_util::stream;

use super::rows::{COLUMNS, line_of};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;

/// Products of one piece of the answer.
const PIECE: i64 = 500;

/// The whole catalogue, a piece at a time.
pub async fn export_products(
    app: web::Data<App>,
    caller: StoreKey,
) -> Result<HttpResponse, ApiError> {
    let store_id = caller.store.id;
    let head = web::Bytes::from(format!("{}\r\n", COLUMNS.join(",")));
    let head = stream::iter([Ok(head)]);
    let pieces = stream::try_unfold(Some(None), move |position| {
        let app = app.clone();
        async move {
            match position {
                None => Ok(None),
                Some(after) => piece(&app, store_id, after).await.map(Some),
            }
        }
    });
    let name = "attachment; filename=\"products.csv\"";
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(futures_util::StreamExt::chain(head, pieces)))
}

/// The lines behind a product, and where the next piece begins; `None` behind the last one.
async fn piece(
    app: &App,
    store_id: StoreId,
    after: Option<ProductId>,
) -> Result<(web::Bytes, Option<Option<ProductId>>), ApiError> {
    let mut conn = app.db.read().await?;
    let products = db::products::list_active(&mut conn, store_id, after, PIECE).await?;
    drop(conn);
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for product in &products {
        writer
            .write_record(line_of(product))
            .map_err(ApiError::internal)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let is_last = i64::try_from(products.len()).is_ok_and(|count| count < PIECE);
    let last = products.last().map(|product| product.id);
    let next = if is_last { None } else { last.map(Some) };
    Ok((bytes.into(), next))
}
