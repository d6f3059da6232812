//! `PATCH /products/{product_id}`, with a store API key: changes only what it names.

use actix_web::{HttpResponse, web};

use super::create_product::sku_taken;
use super::product_wire::{ProductFields, ProductReply, price};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;

/// Changes a product.
pub async fn update_product(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    Json(fields): Json<ProductFields>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let not_found = || ApiError::not_found("product");
    let product_id = path.1.parse().map_err(|_| not_found())?;
    let mut tx = app.db.begin().await?;
    let before = db::products::find_active(&mut tx, caller.store.id, product_id)
        .await?
        .ok_or_else(not_found)?;
    let mut changes = fields.changes(before.currency)?;
    // A price that stays must exist in the new currency too.
    if changes.currency.is_some() && changes.unit_amount_minor.is_none() {
        let currency = changes.currency.unwrap_or(before.currency);
        changes.unit_amount_minor = Some(price(before.unit_amount_minor, currency)?);
    }
    let product = db::products::update(&mut tx, caller.store.id, product_id, changes, now)
        .await
        .map_err(sku_taken)?;
    let product = product.ok_or_else(not_found)?;
    db::audit::record(
        &mut tx,
        caller.store.id,
        &caller.actor(),
        "product.updated",
        &product_id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(ProductReply::from(product)))
}
