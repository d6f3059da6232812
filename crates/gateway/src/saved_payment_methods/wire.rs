//! A saved way to pay as the API shows it. Stripe's ids of it stay here.

use db::customers::Customer;
use db::saved_payment_methods::SavedPaymentMethod;
use domain::SavedPaymentMethodId;
use jiff::Timestamp;
use serde::Serialize;
use stripe_http::PaymentMethodId;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::openapi::words;

/// What a merchant recognises it by.
#[derive(Serialize, ToSchema)]
#[schema(as = SavedPaymentMethod)]
pub struct SavedReply {
    #[schema(value_type = words::Id)]
    id: SavedPaymentMethodId,
    kind: String,
    brand: Option<String>,
    last4: Option<String>,
    expires: Option<String>,
    consented_at: Timestamp,
}

impl From<SavedPaymentMethod> for SavedReply {
    fn from(method: SavedPaymentMethod) -> Self {
        Self {
            id: method.id,
            kind: method.kind,
            brand: method.brand,
            last4: method.last4,
            expires: method.expires,
            consented_at: method.consented_at,
        }
    }
}

/// The store's saved way to pay with this id, and whose it is: of the key's mode and not given up, otherwise 404.
pub async fn find(
    app: &App,
    caller: &StoreKey,
    method_id: &str,
) -> Result<(SavedPaymentMethod, Customer), ApiError> {
    let found = find_even_given_up(app, caller, method_id).await?;
    if found.0.detached_at.is_some() {
        return Err(ApiError::not_found("saved payment method"));
    }
    Ok(found)
}

/// As [`find`], also one that was given up: to tell Stripe again.
pub async fn find_even_given_up(
    app: &App,
    caller: &StoreKey,
    method_id: &str,
) -> Result<(SavedPaymentMethod, Customer), ApiError> {
    let not_found = || ApiError::not_found("saved payment method");
    let method_id = method_id.parse().map_err(|_| not_found())?;
    let (store_id, mut conn) = (caller.store.id, app.db.read().await?);
    let method = db::saved_payment_methods::find(&mut conn, store_id, method_id)
        .await?
        .ok_or_else(not_found)?;
    let customer = db::customers::find(&mut conn, store_id, method.customer_id).await?;
    let customer = customer
        .filter(|customer| customer.mode == caller.key.mode)
        .ok_or_else(not_found)?;
    Ok((method, customer))
}

/// Stripe's id of it.
pub fn stripe_id(method: &SavedPaymentMethod) -> Result<PaymentMethodId, ApiError> {
    PaymentMethodId::parse(method.stripe_payment_method_id.as_str()).map_err(ApiError::internal)
}
