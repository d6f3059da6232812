//! `GET /orders/{order_id}/timeline`, with a store API key: what happened to an order and why, and what it waits for.

use actix_web::{HttpResponse, web};
use db::order_events::OrderEvent;
use domain::{OrderEventId, OrderId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::standing::{self, Look};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::openapi::words;
use crate::orders::access::find_of_key;
use crate::orders::show_order::up_to_date;
use crate::orders::wire::dashboard_url;

/// Entries of one answer: more than a capture that is tried for a week makes. Of a longer story the end is told.
const MAX_ENTRIES: i64 = 1000;

/// An order's story.
#[derive(Serialize, ToSchema)]
#[schema(as = Timeline)]
pub struct TimelineReply {
    #[schema(value_type = words::Id)]
    order_id: OrderId,
    waits_for: Option<WaitsForReply>,
    /// The payment in Stripe's dashboard.
    dashboard_url: Option<String>,
    events: Vec<EntryReply>,
}

/// What the order waits for.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitsFor)]
pub struct WaitsForReply {
    code: &'static str,
    message: String,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub struct EntryReply {
    #[schema(value_type = words::Id)]
    id: OrderEventId,
    kind: String,
    cause: String,
    cause_id: Option<String>,
    #[schema(value_type = Object)]
    detail: Box<RawValue>,
    created_at: Timestamp,
}

/// The story, oldest first. An order that waits for its money is looked up at Stripe before.
pub async fn show_timeline(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let order = find_of_key(&app, &caller, &path.1).await?;
    let (order, is_fresh) = up_to_date(&app, order).await?;
    let look = if is_fresh { Look::Fresh } else { Look::Stale };
    let mut conn = app.db.read().await?;
    let store_id = caller.store.id;
    let waits_for = standing::find(&app, &mut conn, &caller.store, &order, look).await?;
    let payment = db::payments::find_open_by_order(&mut conn, store_id, order.id).await?;
    let events = db::order_events::list(&mut conn, store_id, order.id, MAX_ENTRIES).await?;
    let events: Result<_, ApiError> = events.into_iter().map(entry).collect();
    Ok(HttpResponse::Ok().json(TimelineReply {
        order_id: order.id,
        waits_for: waits_for.map(|waits_for| WaitsForReply {
            code: waits_for.code,
            message: waits_for.message,
        }),
        dashboard_url: payment.as_ref().and_then(dashboard_url),
        events: events?,
    }))
}

fn entry(event: OrderEvent) -> Result<EntryReply, ApiError> {
    Ok(EntryReply {
        id: event.id,
        kind: event.kind,
        cause: event.cause,
        cause_id: event.cause_id,
        detail: RawValue::from_string(event.detail).map_err(ApiError::internal)?,
        created_at: event.created_at,
    })
}
