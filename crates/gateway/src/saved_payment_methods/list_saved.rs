//! `GET /saved-payment-methods?email=`, with a store API key.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::customer;
use super::wire::SavedReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::personal::Contact;

/// Nobody keeps more cards at a shop.
const MAX_SHOWN: i64 = 100;

/// Whose.
#[derive(Deserialize)]
pub struct SavedQuery {
    email: Option<String>,
}

/// What a shopper lets the store keep, newest first: `{object: "list", data: [{id, kind, brand, last4, expires, consented_at}],
/// has_more: false}`.
pub async fn list_saved(
    app: web::Data<App>,
    caller: StoreKey,
    query: web::Query<SavedQuery>,
) -> Result<HttpResponse, ApiError> {
    let contact = Contact::parse(query.email.clone(), None, None)?;
    let email = contact.email.ok_or_else(|| {
        ApiError::malformed("parameter_missing", "Send the shopper's email.").param("email")
    })?;
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let customers = customer::of_email(&app, store_id, mode, &email).await?;
    let mut conn = app.db.read().await?;
    let mut data: Vec<SavedReply> = Vec::new();
    for customer in customers {
        let methods =
            db::saved_payment_methods::list(&mut conn, store_id, customer.id, MAX_SHOWN).await?;
        data.extend(methods.into_iter().map(SavedReply::from));
    }
    Ok(HttpResponse::Ok().json(json!({ "object": "list", "data": data, "has_more": false })))
}
