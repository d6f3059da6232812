//! `PATCH /api/internal/stores/{store_id}`: changes only what it names.

use actix_web::{HttpResponse, web};
use domain::{Mode, StoreId};

use super::ACTOR;
use super::store_wire::{StoreFields, StoreReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{InternalCaller, RouteStore};
use crate::json::Json;
use crate::stripe;

/// Changes a store.
pub async fn update_store(
    _caller: InternalCaller,
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    Json(fields): Json<StoreFields>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let changes = fields.changes()?;
    let mut tx = app.db.begin().await?;
    if let Some(mode) = changes.active_mode {
        require_connected(&mut tx, store.id, mode).await?;
    }
    let store = db::stores::update(&mut tx, store.id, changes, now).await?;
    let store = store.ok_or_else(|| ApiError::not_found("store"))?;
    db::audit::record(
        &mut tx,
        store.id,
        ACTOR,
        "store.updated",
        &store.id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(StoreReply::from(store)))
}

/// Shoppers cannot pay in a mode that has no keys.
async fn require_connected(tx: &mut db::Tx, store_id: StoreId, mode: Mode) -> Result<(), ApiError> {
    let connection = db::connections::find(tx, store_id, mode).await?;
    connection
        .map(|_| ())
        .ok_or_else(|| stripe::not_connected().param("active_mode"))
}
