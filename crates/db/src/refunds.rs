//! Refunds: ours are written before Stripe is asked, those that somebody made at Stripe are mirrored.

mod due;

use diesel::prelude::*;
use domain::returned::RefundStatus;
use domain::{Currency, Mode, OrderId, PaymentId, RefundId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::refunds;

pub use due::{DueRefund, claim, claim_one, retry_later};

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = refunds)]
pub struct Refund {
    /// Our id; also the idempotency key at Stripe.
    #[diesel(deserialize_as = Id)]
    pub id: RefundId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// Of which payment.
    #[diesel(deserialize_as = Id)]
    pub payment_id: PaymentId,
    /// Of which order, if the payment has one.
    #[diesel(deserialize_as = MaybeId)]
    pub order_id: Option<OrderId>,
    /// Stripe's `re_…`, once known.
    pub stripe_refund_id: Option<String>,
    /// How much, in the smallest unit.
    pub amount_minor: i64,
    /// Its currency.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// Why, in Stripe's words.
    pub reason: Option<String>,
    /// Where it stands.
    #[diesel(deserialize_as = Word)]
    pub status: RefundStatus,
    /// Who wanted it, such as `api_key …`.
    pub actor: String,
    /// How often Stripe was asked for it; also the fence of whoever asks.
    pub attempts: i64,
    /// What the last try met, by name.
    pub last_error: Option<String>,
    /// When it was wanted.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// Who made a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// We, for the store's API.
    Api,
    /// Somebody at Stripe, such as the merchant in the dashboard.
    Stripe,
}

/// A refund to write.
#[derive(Debug, Clone)]
pub struct NewRefund<'a> {
    /// Our id.
    pub id: RefundId,
    /// Test or live.
    pub mode: Mode,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// Of which order, if the payment has one.
    pub order_id: Option<OrderId>,
    /// Stripe's id, of one that Stripe has.
    pub stripe_refund_id: Option<&'a str>,
    /// How much, in the smallest unit.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// Why, in Stripe's words.
    pub reason: Option<&'a str>,
    /// Where it stands.
    pub status: RefundStatus,
    /// Who made it.
    pub source: Source,
    /// Who wanted it.
    pub actor: &'a str,
    /// The caller's own name of it.
    pub action_key: Option<&'a str>,
    /// When it is tried again, should whoever writes it die before Stripe has answered.
    pub next_attempt_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Writes a refund. [`DbError::Conflict`] where the payment has one with this action key, or the store one with Stripe's id.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    new: NewRefund<'_>,
    now: Timestamp,
) -> Result<Refund, DbError> {
    let source = match new.source {
        Source::Api => "api",
        Source::Stripe => "stripe",
    };
    diesel::insert_into(refunds::table)
        .values((
            (
                refunds::store_id.eq(id(store_id)),
                refunds::id.eq(id(new.id)),
                refunds::mode.eq(new.mode.as_str()),
                refunds::payment_id.eq(id(new.payment_id)),
                refunds::order_id.eq(new.order_id.map(id)),
                refunds::stripe_refund_id.eq(new.stripe_refund_id.map(str::to_owned)),
                refunds::amount_minor.eq(new.amount_minor),
                refunds::currency.eq(new.currency.as_str().to_owned()),
                refunds::reason.eq(new.reason.map(str::to_owned)),
            ),
            (
                refunds::status.eq(new.status.as_str()),
                refunds::source.eq(source),
                refunds::actor.eq(new.actor.to_owned()),
                refunds::action_key.eq(new.action_key.map(str::to_owned)),
                // Whoever writes one of ours asks at once.
                refunds::attempts.eq(1),
                refunds::next_attempt_at.eq(at(new.next_attempt_at)),
                refunds::created_at.eq(at(new.created_at)),
                refunds::updated_at.eq(at(now)),
            ),
        ))
        .returning(columns::<Refund>())
        .get_result(conn)
        .await
}

/// One refund.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    refund_id: RefundId,
) -> Result<Option<Refund>, DbError> {
    refunds::table
        .filter(refunds::store_id.eq(id(store_id)))
        .filter(refunds::id.eq(id(refund_id)))
        .select(columns::<Refund>())
        .first(conn)
        .await
}

/// The payment's refund that the caller gave this name.
pub async fn find_by_action_key(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    action_key: &str,
) -> Result<Option<Refund>, DbError> {
    refunds::table
        .filter(refunds::store_id.eq(id(store_id)))
        .filter(refunds::payment_id.eq(id(payment_id)))
        .filter(refunds::action_key.eq(action_key.to_owned()))
        .select(columns::<Refund>())
        .first(conn)
        .await
}

/// The payment's refunds, oldest first.
pub async fn list(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Vec<Refund>, DbError> {
    refunds::table
        .filter(refunds::store_id.eq(id(store_id)))
        .filter(refunds::payment_id.eq(id(payment_id)))
        .order((refunds::created_at.asc(), refunds::id.asc()))
        .select(columns::<Refund>())
        .load(conn)
        .await
}

/// Moves a refund on from where a decision was made on it; `false` if it has moved on meanwhile.
pub async fn set_status(
    conn: &mut Conn,
    store_id: StoreId,
    refund: &Refund,
    stripe_refund_id: Option<&str>,
    status: RefundStatus,
    last_error: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        refunds::table
            .filter(refunds::store_id.eq(id(store_id)))
            .filter(refunds::id.eq(id(refund.id)))
            .filter(refunds::status.eq(refund.status.as_str())),
    )
    .set((
        refunds::stripe_refund_id.eq(stripe_refund_id.map(str::to_owned)),
        refunds::status.eq(status.as_str()),
        refunds::last_error.eq(last_error.map(str::to_owned)),
        refunds::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Takes back a refund that Stripe refused while its caller waited: it never was.
pub async fn take_back(
    conn: &mut Conn,
    store_id: StoreId,
    refund_id: RefundId,
) -> Result<bool, DbError> {
    let removed = diesel::delete(
        refunds::table
            .filter(refunds::store_id.eq(id(store_id)))
            .filter(refunds::id.eq(id(refund_id)))
            .filter(refunds::status.eq(RefundStatus::Creating.as_str()))
            .filter(refunds::stripe_refund_id.is_null()),
    )
    .execute(conn)
    .await?;
    Ok(removed == 1)
}
