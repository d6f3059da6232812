//! Things about an order that need a person; shown as `attention`.

use diesel::prelude::*;
use domain::ids::IncidentId;
use domain::incident::Incident;
use domain::{OrderId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::incidents;

/// An open incident of an order.
#[derive(Debug, Clone, Queryable)]
pub struct OpenIncident {
    /// Its name; see [`Incident::from_code`].
    pub code: String,
    /// Since when.
    #[diesel(deserialize_as = At)]
    pub since: Timestamp,
}

/// Opens an incident unless the same one is open already. Tells whether it is new.
pub async fn open(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    incident: Incident,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = diesel::insert_into(incidents::table)
        .values((
            incidents::store_id.eq(id(store_id)),
            incidents::id.eq(id(*IncidentId::generate().as_uuid())),
            incidents::order_id.eq(id(order_id)),
            incidents::code.eq(incident.code()),
            incidents::created_at.eq(at(now)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Closes one kind of the order's open incidents. Tells whether it was open.
pub async fn resolve(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    incident: Incident,
    now: Timestamp,
) -> Result<bool, DbError> {
    let resolved = diesel::update(
        incidents::table
            .filter(incidents::store_id.eq(id(store_id)))
            .filter(incidents::order_id.eq(id(order_id)))
            .filter(incidents::code.eq(incident.code()))
            .filter(incidents::resolved_at.is_null()),
    )
    .set(incidents::resolved_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(resolved > 0)
}

/// Closes the order's open incidents: what they told of has been put right.
pub async fn resolve_all(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    now: Timestamp,
) -> Result<usize, DbError> {
    diesel::update(
        incidents::table
            .filter(incidents::store_id.eq(id(store_id)))
            .filter(incidents::order_id.eq(id(order_id)))
            .filter(incidents::resolved_at.is_null()),
    )
    .set(incidents::resolved_at.eq(at(now)))
    .execute(conn)
    .await
}

/// The order's open incidents, oldest first.
pub async fn list_open(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<Vec<OpenIncident>, DbError> {
    incidents::table
        .filter(incidents::store_id.eq(id(store_id)))
        .filter(incidents::order_id.eq(id(order_id)))
        .filter(incidents::resolved_at.is_null())
        .order(incidents::created_at.asc())
        .select((incidents::code, incidents::created_at))
        .load(conn)
        .await
}
