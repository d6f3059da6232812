//! `GET /events/{event_id}`, with a store API key: one event, and what Stripe sent.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use db::inbox;
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;

use super::filter::EventId;
use super::wire::EventReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::sealing;

/// The event with its `payload`. Where two accounts of the store have the id, the newest.
pub async fn show_event(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let not_found = || ApiError::not_found("event");
    let event_id: EventId = path.1.parse().map_err(|_| not_found())?;
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let mut conn = app.db.read().await?;
    let event = inbox::find(&mut conn, store_id, mode, event_id.as_str())
        .await?
        .ok_or_else(not_found)?;
    // Pruned a moment ago.
    let sealed = inbox::payload(&mut conn, store_id, mode, &event)
        .await?
        .ok_or_else(not_found)?;
    drop(conn);
    let payload = sealing::open_event(&app.vault, store_id, event_id.as_str(), sealed)?;
    let body = with_payload(&EventReply::from(event), payload.expose_secret())?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(body))
}

/// The event with what Stripe sent put in as it is, byte by byte: whoever reads it reads what the signature was made of.
fn with_payload(event: &EventReply, payload: &[u8]) -> Result<String, ApiError> {
    let mut body = serde_json::to_string(event).map_err(ApiError::internal)?;
    // Only JSON was ever accepted; what is none would break the answer around it.
    let is_json = serde_json::from_slice::<IgnoredAny>(payload).is_ok();
    let payload = match std::str::from_utf8(payload) {
        Ok(text) if is_json => text.to_owned(),
        _ => {
            serde_json::to_string(&String::from_utf8_lossy(payload)).map_err(ApiError::internal)?
        }
    };
    body.truncate(body.len() - "}".len());
    body.push_str(",\"payload\":");
    body.push_str(&payload);
    body.push('}');
    Ok(body)
}
