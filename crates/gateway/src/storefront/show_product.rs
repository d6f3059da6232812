//! `GET /products/{product_id}`.

use actix_web::{HttpResponse, web};

use super::product_wire::ProductReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;

/// One active product, for anyone.
pub async fn show_product(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let product_id = path.1.parse().map_err(|_| ApiError::not_found("product"))?;
    let product =
        db::products::find_active(&mut app.db.read().await?, store.id, product_id).await?;
    let product = product.ok_or_else(|| ApiError::not_found("product"))?;
    Ok(HttpResponse::Ok().json(ProductReply::from(product)))
}
