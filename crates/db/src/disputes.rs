//! Disputes: what cardholders dispute, as Stripe tells it.

use diesel::prelude::*;
use domain::returned::is_dispute_closed;
use domain::{Currency, DisputeId, Mode, OrderId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeAt, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::disputes;

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = disputes)]
pub struct Dispute {
    /// Our id.
    #[diesel(deserialize_as = Id)]
    pub id: DisputeId,
    /// Stripe's `dp_…` or `du_…`.
    pub stripe_dispute_id: String,
    /// How much, in the smallest unit.
    pub amount_minor: i64,
    /// Its currency.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// Why, in Stripe's words.
    pub reason: String,
    /// Where it stands, in Stripe's words.
    pub status: String,
    /// Until when it can be answered.
    #[diesel(deserialize_as = MaybeAt)]
    pub evidence_due_by: Option<Timestamp>,
    /// When it began.
    #[diesel(deserialize_as = At)]
    pub opened_at: Timestamp,
}

/// A dispute as Stripe tells it.
#[derive(Debug, Clone)]
pub struct ToldDispute<'a> {
    /// Our id, where it is new here.
    pub id: DisputeId,
    /// Test or live.
    pub mode: Mode,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// Of which order, if the payment has one.
    pub order_id: Option<OrderId>,
    /// Stripe's id.
    pub stripe_dispute_id: &'a str,
    /// How much, in the smallest unit.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// Why, in Stripe's words.
    pub reason: &'a str,
    /// Where it stands, in Stripe's words.
    pub status: &'a str,
    /// Until when it can be answered.
    pub evidence_due_by: Option<Timestamp>,
    /// When it began.
    pub opened_at: Timestamp,
}

/// Writes a dispute as Stripe tells it, whether or not it was known.
pub async fn put(
    conn: &mut Conn,
    store_id: StoreId,
    told: ToldDispute<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    let closed_at = is_dispute_closed(told.status).then(|| at(now));
    diesel::insert_into(disputes::table)
        .values((
            disputes::store_id.eq(id(store_id)),
            disputes::id.eq(id(told.id)),
            disputes::mode.eq(told.mode.as_str()),
            disputes::payment_id.eq(id(told.payment_id)),
            disputes::order_id.eq(told.order_id.map(id)),
            disputes::stripe_dispute_id.eq(told.stripe_dispute_id.to_owned()),
            disputes::amount_minor.eq(told.amount_minor),
            disputes::currency.eq(told.currency.as_str().to_owned()),
            disputes::reason.eq(told.reason.to_owned()),
            disputes::status.eq(told.status.to_owned()),
            disputes::evidence_due_by.eq(told.evidence_due_by.map(at)),
            disputes::opened_at.eq(at(told.opened_at)),
            disputes::updated_at.eq(at(now)),
            disputes::closed_at.eq(closed_at),
        ))
        .on_conflict((disputes::store_id, disputes::stripe_dispute_id))
        .do_update()
        .set((
            disputes::amount_minor.eq(told.amount_minor),
            disputes::reason.eq(told.reason.to_owned()),
            disputes::status.eq(told.status.to_owned()),
            disputes::evidence_due_by.eq(told.evidence_due_by.map(at)),
            disputes::updated_at.eq(at(now)),
            disputes::closed_at.eq(closed_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The payment's disputes, oldest first.
pub async fn list(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Vec<Dispute>, DbError> {
    disputes::table
        .filter(disputes::store_id.eq(id(store_id)))
        .filter(disputes::payment_id.eq(id(payment_id)))
        .order((disputes::opened_at.asc(), disputes::id.asc()))
        .select(columns::<Dispute>())
        .load(conn)
        .await
}
