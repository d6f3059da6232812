//! `DELETE /saved-payment-methods/{saved_payment_method_id}`, with a store API key.

use actix_web::{HttpResponse, web};
use serde_json::json;
use stripe_http::{Error as StripeError, IdempotencyKey, payment_methods};

use super::wire;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::stripe::StoreStripe;

/// Gives it up, at Stripe too: 200 `{id, object, deleted}`. It cannot be charged any more.
pub async fn delete_saved(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (method, customer) = wire::find(&app, &caller, &path.1).await?;
    let store_id = caller.store.id;
    let account_id = &customer.account_id;
    let found = StoreStripe::of_account(&app, store_id, customer.mode, account_id).await?;
    if let Some(stripe) = found {
        let key =
            IdempotencyKey::parse(format!("{}-detach", method.id)).map_err(ApiError::internal)?;
        let id = wire::stripe_id(&method)?;
        match payment_methods::detach(&stripe.client, &id, &key).await {
            // It is detached already, or gone.
            Ok(_) | Err(StripeError::Invalid(_) | StripeError::NotFound(_)) => {}
            Err(error) => return Err(stripe.fail(&app, error).await),
        }
    }
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    db::saved_payment_methods::detach(&mut tx, store_id, method.id, now).await?;
    let (actor, subject) = (caller.actor(), method.id.to_string());
    let action = "saved_payment_method.deleted";
    db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    tx.commit().await?;
    let reply = json!({ "id": method.id, "object": "saved_payment_method", "deleted": true });
    Ok(HttpResponse::Ok().json(reply))
}
