//! `DELETE /payment-methods/{method_id}`, with a store API key. Orders keep what they say; shoppers can no longer choose it.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;

/// Takes a way to pay away.
pub async fn delete_method(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (store_id, now) = (caller.store.id, app.now());
    let not_found = || ApiError::not_found("payment method");
    let method_id = path.1.parse().map_err(|_| not_found())?;
    let mut tx = app.db.begin().await?;
    let method = db::payment_methods::find(&mut tx, store_id, method_id).await?;
    let mut method = method
        .filter(|method| method.active)
        .ok_or_else(not_found)?;
    method.active = false;
    if !db::payment_methods::update(&mut tx, store_id, &method, now).await? {
        return Err(not_found());
    }
    let (actor, subject) = (caller.actor(), method_id.to_string());
    let action = "payment_method.deleted";
    db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    tx.commit().await?;
    let reply = json!({ "id": method_id, "object": "payment_method", "deleted": true });
    Ok(HttpResponse::Ok().json(reply))
}
