//! `DELETE /products/{product_id}`, with a store API key. Orders keep their lines; shoppers no longer see it.

use actix_web::{HttpResponse, web};
use db::products::ProductChanges;
use serde_json::json;

use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;

/// Takes a product out of the catalogue and frees its SKU.
pub async fn delete_product(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let not_found = || ApiError::not_found("product");
    let product_id = path.1.parse().map_err(|_| not_found())?;
    let mut tx = app.db.begin().await?;
    db::products::find_active(&mut tx, caller.store.id, product_id)
        .await?
        .ok_or_else(not_found)?;
    let changes = ProductChanges {
        active: Some(false),
        sku: Some(None),
        ..ProductChanges::default()
    };
    db::products::update(&mut tx, caller.store.id, product_id, changes, now).await?;
    db::audit::record(
        &mut tx,
        caller.store.id,
        &caller.actor(),
        "product.deleted",
        &product_id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(json!({ "id": product_id, "object": "product", "deleted": true })))
}
