//! Finds the actions that nobody is at, of all stores.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use domain::{PaymentActionId, StoreId};
use jiff::Timestamp;

use crate::columns::{Id, Instant, Uid, at};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::{Db, DbError};

/// An action that this process holds.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedAction {
    /// Its store.
    pub store_id: StoreId,
    /// Its id.
    pub id: PaymentActionId,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Uid)]
    id: Id,
}

/// Takes at most `limit` actions that are due, the longest due first, until `lease_until`, and counts the try.
pub async fn claim(
    db: &Db,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedAction>, DbError> {
    let mut conn = db.writer().await?;
    let statement = match conn {
        Conn::Pg(_) => postgres::CLAIM_PAYMENT_ACTIONS,
        Conn::Sqlite(_) => sqlite::CLAIM_PAYMENT_ACTIONS,
    };
    let rows: Vec<Row> = sql_query(statement)
        .bind::<Instant, _>(at(lease_until))
        .bind::<Instant, _>(at(now))
        .bind::<BigInt, _>(limit)
        .load(&mut conn)
        .await?;
    let claimed = |row: Row| ClaimedAction {
        store_id: row.store_id.into(),
        id: row.id.into(),
    };
    Ok(rows.into_iter().map(claimed).collect())
}
