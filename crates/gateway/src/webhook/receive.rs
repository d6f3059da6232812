//! `POST /webhook/stripe/{store_id}`: the URL that a merchant enters at Stripe.

use actix_web::{HttpRequest, HttpResponse, web};

use super::intake;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::json::read_body;

/// Answers 200 once the event is durable, also for duplicates and for types that nobody handles.
pub async fn receive_for_store(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    intake::check_head(&request)?;
    let body = read_body(payload.into_inner(), intake::MAX_EVENT_BYTES).await?;
    intake::accept(&app, &request, store.id, body).await
}
