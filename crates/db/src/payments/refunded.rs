//! How much of a payment went back: reserved before Stripe is asked, and counted anew whenever a refund moves.

use diesel::prelude::*;
use domain::returned::RefundStatus;
use domain::{PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{payments, refunds};

/// Takes an amount out of what can be refunded; `false` where less than that is left, and nothing changes. From here to the
/// transaction's end the payment's row is the caller's.
pub async fn reserve_refund(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    amount_minor: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    if amount_minor <= 0 {
        return Ok(false);
    }
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter((payments::refunded_minor + amount_minor).le(payments::captured_minor)),
    )
    .set((
        payments::refunded_minor.eq(payments::refunded_minor + amount_minor),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Makes the payment's row the caller's until the transaction's end, so that its refunds do not move meanwhile.
pub async fn lock(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<(), DbError> {
    // Writing what is there locks the row.
    diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id))),
    )
    .set(payments::updated_at.eq(payments::updated_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts the refunds that did not fail, and keeps the sum. Never above what was captured: where somebody refunds in
/// Stripe's dashboard what is reserved here, Stripe refuses ours.
pub async fn count_refunds(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<(), DbError> {
    lock(conn, store_id, payment_id).await?;
    let over = [RefundStatus::Failed, RefundStatus::Canceled].map(RefundStatus::as_str);
    let amounts: Vec<i64> = refunds::table
        .filter(refunds::store_id.eq(id(store_id)))
        .filter(refunds::payment_id.eq(id(payment_id)))
        .filter(refunds::status.ne_all(over))
        .select(refunds::amount_minor)
        .load(conn)
        .await?;
    let held = amounts.into_iter().fold(0_i64, i64::saturating_add);
    let captured: Option<i64> = payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::id.eq(id(payment_id)))
        .select(payments::captured_minor)
        .first(conn)
        .await?;
    let refunded_minor = held.min(captured.unwrap_or_default());
    diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id))),
    )
    .set((
        payments::refunded_minor.eq(refunded_minor),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(())
}
