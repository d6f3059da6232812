//! Orders from before addresses could be searched for: their hashes are made up for little by little.

use diesel::prelude::*;
use domain::{OrderId, StoreId};

use super::Order;
use crate::columns::{columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::orders;
use crate::{Db, DbError};

/// Orders of all stores that have a contact and no hash, at most `limit`.
pub async fn list_missing(db: &Db, limit: i64) -> Result<Vec<Order>, DbError> {
    orders::table
        .filter(orders::email_hash.is_null())
        .filter(orders::contact_sealed.is_not_null())
        .order((orders::store_id.asc(), orders::id.asc()))
        .limit(limit)
        .select(columns::<Order>())
        .load(&mut db.read().await?)
        .await
}

/// Keeps the hash of an order that has none; empty where there is no address. `false` if somebody else was first.
pub async fn fill(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    email_hash: String,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id)))
            .filter(orders::email_hash.is_null()),
    )
    .set(orders::email_hash.eq(email_hash))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
