//! `POST /payment-methods`, with a store API key.

use actix_web::{HttpResponse, web};

use super::wire::{ManualMethodReply, PaymentMethodFields};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;
use crate::shipping::create_method::too_many_methods;
use crate::shipping::wire::MAX_METHODS;

/// Adds a way to pay beside Stripe.
pub async fn create_method(
    app: web::Data<App>,
    caller: StoreKey,
    Json(fields): Json<PaymentMethodFields>,
) -> Result<HttpResponse, ApiError> {
    let (store_id, now) = (caller.store.id, app.now());
    let method = fields.new_method(now)?;
    let mut tx = app.db.begin().await?;
    // Locked, so that two at once do not both find room.
    db::stores::lock(&mut tx, store_id).await?;
    let offered = db::payment_methods::list_active(&mut tx, store_id, MAX_METHODS).await?;
    if i64::try_from(offered.len()).is_ok_and(|count| count >= MAX_METHODS) {
        tx.rollback().await?;
        return Err(too_many_methods());
    }
    db::payment_methods::insert(&mut tx, store_id, &method).await?;
    let (actor, subject) = (caller.actor(), method.id.to_string());
    let action = "payment_method.created";
    db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    tx.commit().await?;
    Ok(HttpResponse::Created().json(ManualMethodReply::new(&method)?))
}
