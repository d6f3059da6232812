//! `GET /events`, with a store API key: the inbox of the key's mode, newest first.

use actix_web::{HttpResponse, web};
use db::Conn;
use db::inbox::{self, EventSummary, Position};
use domain::{Mode, StoreId};

use super::filter::{EventId, FilterQuery};
use super::wire::EventReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::paging::{Cursor, List, PageQuery};

/// One page of events. Filters: `state`, `type`, `received[gte]`, `received[gt]`, `received[lte]`, `received[lt]`.
pub async fn list_events(
    app: web::Data<App>,
    caller: StoreKey,
    page: web::Query<PageQuery>,
    query: web::Query<FilterQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, cursor) = (page.limit()?, page.cursor::<EventId>()?);
    let filter = query.into_inner().filter()?;
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let mut conn = app.db.read().await?;
    let conn = &mut conn;
    let rows = match &cursor {
        Cursor::First => inbox::list_before(conn, store_id, mode, &filter, None, limit + 1).await?,
        Cursor::After(id) => {
            let place = oldest(conn, store_id, mode, id, "starting_after").await?;
            inbox::list_before(conn, store_id, mode, &filter, Some(&place), limit + 1).await?
        }
        Cursor::Before(id) => {
            let place = newest(conn, store_id, mode, id).await?;
            let mut rows =
                inbox::list_after(conn, store_id, mode, &filter, Some(&place), limit + 1).await?;
            rows.reverse();
            rows
        }
    };
    let data = rows.into_iter().map(EventReply::from).collect();
    let from_end = matches!(cursor, Cursor::Before(_));
    Ok(HttpResponse::Ok().json(List::new(data, limit, from_end)))
}

/// Where the page after an event begins. Where two accounts have the id it is the older one's: whoever pages on
/// never comes back to where they were.
async fn oldest(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event_id: &EventId,
    param: &'static str,
) -> Result<Position, ApiError> {
    let found = inbox::find_all(conn, store_id, mode, event_id.as_str()).await?;
    let first = found.into_iter().next();
    first
        .map(position)
        .ok_or_else(|| super::filter::unknown_cursor(param))
}

async fn newest(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    event_id: &EventId,
) -> Result<Position, ApiError> {
    let found = inbox::find(conn, store_id, mode, event_id.as_str()).await?;
    found
        .map(position)
        .ok_or_else(|| super::filter::unknown_cursor("ending_before"))
}

fn position(event: EventSummary) -> Position {
    Position {
        received_at: event.received_at,
        event_id: event.event_id,
    }
}
