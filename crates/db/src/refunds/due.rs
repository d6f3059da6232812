//! Refunds that nobody knows the end of: a gateway died or Stripe did not answer. Held by lease, fenced by their attempts.

use diesel::prelude::*;
use domain::returned::RefundStatus;
use domain::{RefundId, StoreId};
use jiff::Timestamp;

use super::Refund;
use crate::columns::{Id, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::refunds;
use crate::{Db, DbError};

/// A refund that this process holds until its lease ends.
#[derive(Debug, Clone)]
pub struct DueRefund {
    /// Its store.
    pub store_id: StoreId,
    /// The refund.
    pub refund: Refund,
}

/// Takes at most `limit` refunds that are due, the longest due first, until `lease_until`.
pub async fn claim(
    db: &Db,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<DueRefund>, DbError> {
    let due: Vec<(Id, Id)> = refunds::table
        .filter(refunds::status.eq(RefundStatus::Creating.as_str()))
        .filter(refunds::next_attempt_at.le(at(now)))
        .order(refunds::next_attempt_at.asc())
        .limit(limit)
        .select((refunds::store_id, refunds::id))
        .load(&mut db.read().await?)
        .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for (store_id, refund_id) in due {
        let (store_id, refund_id) = (store_id.into(), refund_id.into());
        let mut tx = db.begin().await?;
        let refund = claim_one(&mut tx, store_id, refund_id, lease_until, now).await?;
        tx.commit().await?;
        claimed.extend(refund.map(|refund| DueRefund { store_id, refund }));
    }
    Ok(claimed)
}

/// Takes one refund until `lease_until`; `None` where somebody holds it or its end is known.
pub async fn claim_one(
    conn: &mut Conn,
    store_id: StoreId,
    refund_id: RefundId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<Refund>, DbError> {
    diesel::update(
        refunds::table
            .filter(refunds::store_id.eq(id(store_id)))
            .filter(refunds::id.eq(id(refund_id)))
            .filter(refunds::status.eq(RefundStatus::Creating.as_str()))
            .filter(refunds::next_attempt_at.le(at(now))),
    )
    .set((
        refunds::attempts.eq(refunds::attempts + 1),
        refunds::next_attempt_at.eq(at(lease_until)),
        refunds::updated_at.eq(at(now)),
    ))
    .returning(columns::<Refund>())
    .first(conn)
    .await
}

/// Says when a refund is tried again, and why; without effect if somebody else has taken it meanwhile.
pub async fn retry_later(
    conn: &mut Conn,
    store_id: StoreId,
    refund: &Refund,
    last_error: &str,
    next_attempt_at: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        refunds::table
            .filter(refunds::store_id.eq(id(store_id)))
            .filter(refunds::id.eq(id(refund.id)))
            .filter(refunds::status.eq(RefundStatus::Creating.as_str()))
            .filter(refunds::attempts.eq(refund.attempts)),
    )
    .set((
        refunds::last_error.eq(last_error.to_owned()),
        refunds::next_attempt_at.eq(at(next_attempt_at)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
