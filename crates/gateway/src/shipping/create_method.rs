//! `POST /shipping-methods`, with a store API key.

use actix_web::{HttpResponse, web};

use super::wire::{MAX_METHODS, ShippingMethodFields, ShippingMethodReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;

/// Adds a way to ship.
pub async fn create_method(
    app: web::Data<App>,
    caller: StoreKey,
    Json(fields): Json<ShippingMethodFields>,
) -> Result<HttpResponse, ApiError> {
    let (store_id, now) = (caller.store.id, app.now());
    let method = fields.new_method(caller.store.currency, now)?;
    let mut tx = app.db.begin().await?;
    // Locked, so that two at once do not both find room.
    db::stores::lock(&mut tx, store_id).await?;
    let offered = db::shipping_methods::list_active(&mut tx, store_id, MAX_METHODS).await?;
    if i64::try_from(offered.len()).is_ok_and(|count| count >= MAX_METHODS) {
        tx.rollback().await?;
        return Err(too_many_methods());
    }
    db::shipping_methods::insert(&mut tx, store_id, &method).await?;
    let (actor, subject) = (caller.actor(), method.id.to_string());
    let action = "shipping_method.created";
    db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    tx.commit().await?;
    Ok(HttpResponse::Created().json(ShippingMethodReply::from(method)))
}

/// 422: the list is full.
pub fn too_many_methods() -> ApiError {
    ApiError::unprocessable(
        "too_many_methods",
        format!("A store offers at most {MAX_METHODS} of them. Delete one first."),
    )
}
