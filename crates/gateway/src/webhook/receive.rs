//! `POST /webhook/stripe/{store_id}`: the URL that a merchant enters at Stripe.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::StoreId;

use super::intake;
use crate::app::App;
use crate::error::ApiError;
use crate::json::read_body;

/// Answers 200 once the event is durable, also for duplicates and for types that nobody handles.
pub async fn receive_for_store(
    app: web::Data<App>,
    request: HttpRequest,
    store_id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    // Whether there is such a store is found out with its secrets.
    let store_id: StoreId = store_id.parse().map_err(|_| ApiError::not_found("store"))?;
    intake::check_head(&app, &request)?;
    let body = read_body(payload.into_inner(), intake::MAX_EVENT_BYTES).await?;
    intake::accept(&app, &request, store_id, body).await
}
