//! Payments of which Stripe does not know yet whose order they are, and where the receipt goes. A row is there until it does.

use diesel::prelude::*;
use domain::{PaymentActionId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::columns::{Id, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payment_labels as labels;
use crate::{Db, DbError};

/// What Stripe has to be told, of a try that this process holds until its lease ends.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = labels)]
pub struct PaymentLabel {
    /// The store.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// The payment.
    #[diesel(deserialize_as = Id)]
    pub payment_id: PaymentId,
    /// Which wish it is; with `attempts` the idempotency key at Stripe.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentActionId,
    /// Tries so far, this one included; also the fence.
    pub attempts: i64,
}

/// Says that Stripe has to be told about a payment, in the transaction of what there is to tell. Takes the place of an earlier
/// wish.
pub async fn request(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<(), DbError> {
    let wish = id(PaymentActionId::generate());
    diesel::insert_into(labels::table)
        .values((
            labels::store_id.eq(id(store_id)),
            labels::payment_id.eq(id(payment_id)),
            labels::id.eq(wish),
            labels::attempts.eq(0),
            labels::next_attempt_at.eq(at(now)),
            labels::created_at.eq(at(now)),
        ))
        .on_conflict((labels::store_id, labels::payment_id))
        .do_update()
        .set((
            labels::id.eq(wish),
            labels::attempts.eq(0),
            labels::next_attempt_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes at most `limit` that are due, of all stores, the longest due first, until `lease_until`.
pub async fn claim(
    db: &Db,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<PaymentLabel>, DbError> {
    let due: Vec<(Id, Id)> = labels::table
        .filter(labels::next_attempt_at.le(at(now)))
        .order(labels::next_attempt_at.asc())
        .limit(limit)
        .select((labels::store_id, labels::payment_id))
        .load(&mut db.read().await?)
        .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for (store_id, payment_id) in due {
        let mut tx = db.begin().await?;
        let label = take(
            &mut tx,
            store_id.into(),
            payment_id.into(),
            lease_until,
            now,
        )
        .await?;
        tx.commit().await?;
        claimed.extend(label);
    }
    Ok(claimed)
}

/// `None` where somebody else has it, or Stripe knows.
async fn take(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<PaymentLabel>, DbError> {
    diesel::update(
        labels::table
            .filter(labels::store_id.eq(id(store_id)))
            .filter(labels::payment_id.eq(id(payment_id)))
            .filter(labels::next_attempt_at.le(at(now))),
    )
    .set((
        labels::attempts.eq(labels::attempts + 1),
        labels::next_attempt_at.eq(at(lease_until)),
    ))
    .returning(columns::<PaymentLabel>())
    .load(conn)
    .await
    .map(|rows: Vec<PaymentLabel>| rows.into_iter().next())
}

/// Forgets a wish that Stripe has followed, or never will; without effect on a later one.
pub async fn finish(
    conn: &mut Conn,
    store_id: StoreId,
    held: &PaymentLabel,
) -> Result<(), DbError> {
    diesel::delete(
        labels::table
            .filter(labels::store_id.eq(id(store_id)))
            .filter(labels::payment_id.eq(id(held.payment_id)))
            .filter(labels::id.eq(id(held.id))),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Plans the next try; without effect if somebody else has taken it, or there is a later wish.
pub async fn retry_later(
    conn: &mut Conn,
    store_id: StoreId,
    held: &PaymentLabel,
    next_attempt_at: Timestamp,
) -> Result<(), DbError> {
    diesel::update(
        labels::table
            .filter(labels::store_id.eq(id(store_id)))
            .filter(labels::payment_id.eq(id(held.payment_id)))
            .filter(labels::id.eq(id(held.id)))
            .filter(labels::attempts.eq(held.attempts)),
    )
    .set(labels::next_attempt_at.eq(at(next_attempt_at)))
    .execute(conn)
    .await?;
    Ok(())
}
