//! `DELETE /saved-payment-methods/{saved_payment_method_id}`, with a store API key.

use actix_web::{HttpResponse, web};
use db::customers::Customer;
use db::saved_payment_methods::SavedPaymentMethod;
use domain::StoreId;
use serde_json::json;
use stripe_http::{Error as StripeError, IdempotencyKey, payment_methods};
use uuid::Uuid;

use super::wire;
use crate::app::App;
use crate::connect::permissions;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::stripe::StoreStripe;

/// Gives it up, at Stripe too: 200 `{id, object, deleted}`. Our record first: from then on nobody charges it, whatever Stripe
/// answers. Where that is an error, the same call again tells Stripe.
pub async fn delete_saved(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (method, customer) = wire::find_even_given_up(&app, &caller, &path.1).await?;
    let store_id = caller.store.id;
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    if db::saved_payment_methods::detach(&mut tx, store_id, method.id, now).await? {
        let (actor, subject) = (caller.actor(), method.id.to_string());
        let action = "saved_payment_method.deleted";
        db::audit::record(&mut tx, store_id, &actor, action, &subject, now).await?;
    }
    tx.commit().await?;
    tell_stripe(&app, store_id, &method, &customer).await?;
    let reply = json!({ "id": method.id, "object": "saved_payment_method", "deleted": true });
    Ok(HttpResponse::Ok().json(reply))
}

async fn tell_stripe(
    app: &App,
    store_id: StoreId,
    method: &SavedPaymentMethod,
    customer: &Customer,
) -> Result<(), ApiError> {
    let account_id = &customer.account_id;
    let found = StoreStripe::of_account(app, store_id, customer.mode, account_id).await?;
    let Some(stripe) = found else {
        return Ok(());
    };
    // Stripe detaches once, whatever the key. One that stayed the same would repeat a 500 that Stripe keeps with it for a day.
    let key = IdempotencyKey::from(Uuid::now_v7());
    let id = wire::stripe_id(method)?;
    match payment_methods::detach(&stripe.client, &id, &key).await {
        // It is detached already, or gone.
        Ok(_) | Err(StripeError::Invalid(_) | StripeError::NotFound(_)) => Ok(()),
        Err(error) => {
            if matches!(error, StripeError::Permission(_)) {
                permissions::note_missing(app, &stripe, permissions::PAYMENT_METHODS).await?;
            }
            Err(stripe.fail(app, error).await)
        }
    }
}
