//! The story of an order: what happened to it, when, and what made it happen.

use diesel::prelude::*;
use domain::{OrderEventId, OrderId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::order_events;

/// An entry of the story.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = order_events)]
pub struct OrderEvent {
    /// Its id; sorts by time.
    #[diesel(deserialize_as = Id)]
    pub id: OrderEventId,
    /// What happened, such as `order.paid`.
    pub kind: String,
    /// What made it happen, such as `event`.
    pub cause: String,
    /// Which one, such as `evt_…`.
    pub cause_id: Option<String>,
    /// More of it: a JSON object.
    pub detail: String,
    /// When.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// An entry to write. Nothing secret, nothing personal.
#[derive(Debug, Clone)]
pub struct NewOrderEvent<'a> {
    /// What happened.
    pub kind: &'a str,
    /// What made it happen.
    pub cause: &'a str,
    /// Which one.
    pub cause_id: Option<&'a str>,
    /// More of it: a JSON object.
    pub detail: String,
}

/// Writes an entry, in the transaction of what it tells of.
pub async fn record(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    new: NewOrderEvent<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(order_events::table)
        .values((
            order_events::store_id.eq(id(store_id)),
            order_events::order_id.eq(id(order_id)),
            order_events::id.eq(id(OrderEventId::generate())),
            order_events::kind.eq(new.kind.to_owned()),
            order_events::cause.eq(new.cause.to_owned()),
            order_events::cause_id.eq(new.cause_id.map(str::to_owned)),
            order_events::detail.eq(new.detail),
            order_events::created_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The end of the order's story, oldest first: its last `limit` entries.
pub async fn list(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    limit: i64,
) -> Result<Vec<OrderEvent>, DbError> {
    let mut entries: Vec<OrderEvent> = order_events::table
        .filter(order_events::store_id.eq(id(store_id)))
        .filter(order_events::order_id.eq(id(order_id)))
        .order(order_events::id.desc())
        .limit(limit)
        .select(columns::<OrderEvent>())
        .load(conn)
        .await?;
    entries.reverse();
    Ok(entries)
}
