//! A batch of events in one hop to the blocking pool.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::SqliteConn;
use crate::inbox::{Heard, NewEvent, Stored};
use crate::schema::{stripe_connections, stripe_events};

/// Writes a batch of events durably, and says which were new; what is there already stays as it is.
pub(crate) async fn insert_events(
    conn: &mut SqliteConn,
    events: Arc<Vec<NewEvent>>,
    heard: Vec<Heard>,
) -> Result<Vec<Stored>, DbError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let written = SyncConnectionWrapper::spawn_blocking(conn, move |conn| {
        conn.immediate_transaction(|conn| {
            for heard in heard {
                touch(conn, heard)?;
            }
            events.iter().map(|event| insert(conn, event)).collect()
        })
    });
    Ok(written.await?)
}

fn touch(conn: &mut SqliteConnection, heard: Heard) -> Result<usize, DieselError> {
    diesel::update(
        stripe_connections::table
            .filter(stripe_connections::store_id.eq(id(heard.store_id)))
            .filter(stripe_connections::mode.eq(heard.mode.as_str()))
            .filter(stripe_connections::account_id.eq(heard.account_id)),
    )
    .set(stripe_connections::last_event_at.eq(at(heard.at)))
    .execute(conn)
}

fn insert(conn: &mut SqliteConnection, event: &NewEvent) -> Result<Stored, DieselError> {
    let inserted = diesel::insert_into(stripe_events::table)
        .values((
            stripe_events::store_id.eq(id(event.store_id)),
            stripe_events::account_id.eq(&event.account_id),
            stripe_events::mode.eq(event.mode.as_str()),
            stripe_events::event_id.eq(&event.event_id),
            stripe_events::event_type.eq(&event.event_type),
            stripe_events::api_version.eq(&event.api_version),
            stripe_events::object_id.eq(&event.object_id),
            stripe_events::created_at.eq(at(event.created_at)),
            stripe_events::source.eq(event.source.as_str()),
            stripe_events::payload_key_id.eq(&event.payload.key_id),
            stripe_events::payload.eq(&event.payload.bytes),
            stripe_events::state.eq(event.state.as_str()),
            stripe_events::last_error.eq(&event.last_error),
            stripe_events::received_at.eq(at(event.received_at)),
            stripe_events::next_attempt_at.eq(at(event.received_at)),
            stripe_events::attempts.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(if inserted == 1 {
        Stored::New
    } else {
        Stored::Known
    })
}
