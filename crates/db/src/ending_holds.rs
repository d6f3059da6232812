//! Money that is held on a card, and for how long still.

use diesel::prelude::*;
use domain::{Mode, OrderId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::columns::{Id, MaybeAt, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::payments::PaymentState;
use crate::schema::payments;
use crate::{Db, DbError};

/// A payment that is held, and whose hold ends.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub struct EndingHold {
    /// Its store.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Our id.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The order that it pays.
    #[diesel(deserialize_as = MaybeId)]
    pub order_id: Option<OrderId>,
    /// Stripe's `pi_…`.
    pub payment_intent_id: Option<String>,
    /// Until when it can be captured.
    #[diesel(deserialize_as = MaybeAt)]
    pub capture_before: Option<Timestamp>,
}

/// Holds of all stores that end until `before` and whose end was not told as far as `warning`, the first to end first, at
/// most `limit`.
pub async fn list(
    db: &Db,
    warning: i64,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<EndingHold>, DbError> {
    payments::table
        .filter(payments::status.eq(PaymentState::Authorized.as_str()))
        .filter(payments::capture_before.le(at(before)))
        .filter(payments::expiry_warnings.lt(warning))
        .order(payments::capture_before.asc())
        .limit(limit)
        .select(columns::<EndingHold>())
        .load(&mut db.read().await?)
        .await
}

/// Notes that a hold's end was told as far as `warning`; `false` if somebody else told it, or nothing is held any more.
pub async fn mark(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    warning: i64,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter(payments::status.eq(PaymentState::Authorized.as_str()))
            .filter(payments::expiry_warnings.lt(warning)),
    )
    .set(payments::expiry_warnings.eq(warning))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
