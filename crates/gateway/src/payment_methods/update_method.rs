//! `PATCH /payment-methods/{method_id}`, with a store API key: changes only what it names.

use actix_web::{HttpResponse, web};

use super::wire::{ManualMethodReply, PaymentMethodFields};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;

/// Changes a way to pay.
pub async fn update_method(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    Json(fields): Json<PaymentMethodFields>,
) -> Result<HttpResponse, ApiError> {
    let (store_id, now) = (caller.store.id, app.now());
    let not_found = || ApiError::not_found("payment method");
    let method_id = path.1.parse().map_err(|_| not_found())?;
    let mut tx = app.db.begin().await?;
    db::stores::lock(&mut tx, store_id).await?;
    let method = db::payment_methods::find(&mut tx, store_id, method_id).await?;
    let method = method
        .filter(|method| method.active)
        .ok_or_else(not_found)?;
    let method = fields.changed(method)?;
    if !db::payment_methods::update(&mut tx, store_id, &method, now).await? {
        return Err(not_found());
    }
    let (actor, subject) = (caller.actor(), method.id.to_string());
    let action = "payment_method.updated";
    db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(ManualMethodReply::new(&method)?))
}
