//! `POST /api/internal/stores`.

use actix_web::{HttpResponse, web};

use super::ACTOR;
use super::store_wire::{NewStoreFields, StoreReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::InternalCaller;
use crate::json::Json;

/// Makes a store, with nothing connected yet.
pub async fn create_store(
    _caller: InternalCaller,
    app: web::Data<App>,
    Json(fields): Json<NewStoreFields>,
) -> Result<HttpResponse, ApiError> {
    let store = fields.store(app.now())?;
    let mut tx = app.db.begin().await?;
    db::stores::insert(&mut tx, &store).await?;
    db::audit::record(
        &mut tx,
        store.id,
        ACTOR,
        "store.created",
        &store.id.to_string(),
        store.created_at,
    )
    .await?;
    tx.commit().await?;
    Ok(HttpResponse::Created().json(StoreReply::from(store)))
}
