//! `POST /events/{event_id}/replay`, with a store API key: the event is due again, or what that would change.

use actix_web::{HttpResponse, web};
use db::inbox;
use serde::Deserialize;
use utoipa::ToSchema;

use super::filter::EventId;
use super::wire::EventReply;
use super::{preview, replay};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::OptionalJson;
use crate::middleware::rate_limit::Budget;

/// `preview` changes nothing and tells what a replay would.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Replay)]
pub struct ReplayRequest {
    #[serde(default)]
    preview: bool,
}

/// The event, which the worker takes up next; 409 while a worker has it.
pub async fn replay_event(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    body: OptionalJson<ReplayRequest>,
) -> Result<HttpResponse, ApiError> {
    let not_found = || ApiError::not_found("event");
    let event_id: EventId = path.1.parse().map_err(|_| not_found())?;
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let mut conn = app.db.read().await?;
    let event = inbox::find(&mut conn, store_id, mode, event_id.as_str())
        .await?
        .ok_or_else(not_found)?;
    drop(conn);
    if body.0.preview {
        if preview::asks_stripe(&event) {
            app.rate_limits.check(Budget::StripeReads, store_id)?;
        }
        return Ok(HttpResponse::Ok().json(preview::of_one(&app, store_id, mode, event).await?));
    }
    if !replay::has_effect(&event) {
        return Err(without_effect());
    }
    let done = replay::replay(&app, store_id, mode, &caller.actor(), vec![event]).await?;
    let event = done.into_iter().next().ok_or_else(in_progress)?;
    Ok(HttpResponse::Ok().json(EventReply::from(event)))
}

fn in_progress() -> ApiError {
    ApiError::conflict(
        "event_in_progress",
        "The event is being worked on right now. Look at it again in a moment.",
    )
}

fn without_effect() -> ApiError {
    ApiError::conflict(
        "event_without_effect",
        "The event is of another mode or account than the connection that it came through. It must have no effect here.",
    )
}
