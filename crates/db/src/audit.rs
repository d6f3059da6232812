//! Who did what. Append-only by trigger.

use diesel::prelude::*;
use domain::StoreId;
use domain::ids::AuditId;
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::audit_log;

/// Writes an entry, in the transaction of what it describes. `subject` is an id or a mode, never a secret.
pub async fn record(
    conn: &mut Conn,
    store_id: StoreId,
    actor: &str,
    action: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::store_id.eq(id(store_id)),
            audit_log::id.eq(id(*AuditId::generate().as_uuid())),
            audit_log::actor.eq(actor.to_owned()),
            audit_log::action.eq(action.to_owned()),
            audit_log::subject.eq(subject.to_owned()),
            audit_log::created_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
