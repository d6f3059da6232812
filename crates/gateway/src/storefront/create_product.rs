//! `POST /products`, with a store API key.

use actix_web::{HttpResponse, web};
use db::DbError;

use super::product_wire::{ProductFields, ProductReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;

/// Adds a product to the catalogue.
pub async fn create_product(
    app: web::Data<App>,
    caller: StoreKey,
    Json(fields): Json<ProductFields>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let product = fields.new_product(caller.store.currency, now)?;
    let mut tx = app.db.begin().await?;
    db::products::insert(&mut tx, caller.store.id, &product)
        .await
        .map_err(sku_taken)?;
    db::audit::record(
        &mut tx,
        caller.store.id,
        &caller.actor(),
        "product.created",
        &product.id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(HttpResponse::Created().json(ProductReply::from(product)))
}

/// The only unique field beside the id is the SKU.
pub fn sku_taken(error: DbError) -> ApiError {
    match error {
        DbError::Conflict(_) => ApiError::conflict(
            "sku_taken",
            "Another product of this store has this SKU. Choose another one.",
        )
        .param("sku"),
        error => error.into(),
    }
}
