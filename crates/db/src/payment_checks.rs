//! Payments that stay open: each is looked at now and then, whatever events said or did not say.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::{Mode, OrderId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::columns::{At, Id, Instant, MaybeId, Uid, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::payments::PaymentState;
use crate::schema::payments;
use crate::{Db, DbError};

/// A payment that is due to be looked at, and held until then by this process.
#[derive(Debug, Clone)]
pub struct DueCheck {
    /// Its store.
    pub store_id: StoreId,
    /// Our id.
    pub payment_id: PaymentId,
    /// Test or live.
    pub mode: Mode,
    /// The account that took it.
    pub account_id: String,
    /// Stripe's `pi_…`.
    pub payment_intent_id: String,
    /// When it was written: how old it is decides when it is due again.
    pub created_at: Timestamp,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Uid)]
    id: Id,
    #[diesel(sql_type = Text)]
    mode: Word,
    #[diesel(sql_type = Text)]
    account_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    payment_intent_id: Option<String>,
    #[diesel(sql_type = Instant)]
    created_at: At,
}

/// Takes at most `limit` open payments that are due, the longest due first, until `lease_until`.
pub async fn claim(
    db: &Db,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<DueCheck>, DbError> {
    let mut conn = db.writer().await?;
    let statement = match conn {
        Conn::Pg(_) => postgres::CLAIM_PAYMENT_CHECKS,
        Conn::Sqlite(_) => sqlite::CLAIM_PAYMENT_CHECKS,
    };
    let rows: Vec<DueRow> = sql_query(statement)
        .bind::<Instant, _>(at(lease_until))
        .bind::<Instant, _>(at(now))
        .bind::<BigInt, _>(limit)
        .load(&mut conn)
        .await?;
    rows.into_iter()
        // An open payment has its id; the schema does not say so.
        .filter_map(|row| row.payment_intent_id.clone().map(|intent| (row, intent)))
        .map(|(row, payment_intent_id)| {
            Ok(DueCheck {
                store_id: row.store_id.into(),
                payment_id: row.id.into(),
                mode: row
                    .mode
                    .try_into()
                    .map_err(|error| DbError::Corrupt(Box::new(error)))?,
                account_id: row.account_id,
                payment_intent_id,
                created_at: row.created_at.into(),
            })
        })
        .collect()
}

/// Says when these payments are due again.
pub async fn check_at(
    conn: &mut Conn,
    store_id: StoreId,
    payment_ids: &[PaymentId],
    due_at: Timestamp,
) -> Result<(), DbError> {
    let ids: Vec<Id> = payment_ids.iter().map(|payment| id(*payment)).collect();
    diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq_any(ids)),
    )
    .set(payments::next_check_at.eq(at(due_at)))
    .execute(conn)
    .await?;
    Ok(())
}

/// When a payment is due to be looked at.
pub async fn due_at(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Option<Timestamp>, DbError> {
    let due: Option<At> = payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::id.eq(id(payment_id)))
        .filter(payments::status.eq_any(OPEN.map(PaymentState::as_str)))
        .select(payments::next_check_at)
        .first(conn)
        .await?;
    Ok(due.map(Timestamp::from))
}

/// A payment of a store that waits for its shopper, its bank or its capture.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub struct OpenPayment {
    /// Our id.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The account that took it.
    pub account_id: String,
    /// The order that it pays.
    #[diesel(deserialize_as = MaybeId)]
    pub order_id: Option<OrderId>,
    /// Stripe's `pi_…`.
    pub payment_intent_id: Option<String>,
}

/// The store's open payments that were begun since then, after `after`, in the order in which they were made, at most `limit`.
pub async fn list_open(
    conn: &mut Conn,
    store_id: StoreId,
    since: Timestamp,
    after: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<OpenPayment>, DbError> {
    let after = after.map_or_else(|| id(uuid::Uuid::nil()), id);
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::id.gt(after))
        .filter(payments::created_at.ge(at(since)))
        .filter(payments::status.eq_any(OPEN.map(PaymentState::as_str)))
        .order(payments::id.asc())
        .limit(limit)
        .select(columns::<OpenPayment>())
        .load(conn)
        .await
}

/// Whether a payment that was begun since then through this account waits for something, among the store's newest.
pub async fn any_open_since(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
) -> Result<bool, DbError> {
    let waiting = [
        PaymentState::Creating,
        PaymentState::Open,
        PaymentState::Authorized,
    ];
    // Ids grow with time, so these are the end of the key, whatever the store has sold in its life.
    let newest: Vec<Begun> = payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .order(payments::id.desc())
        .limit(NEWEST)
        .select(columns::<Begun>())
        .load(conn)
        .await?;
    Ok(newest.iter().any(|payment| {
        payment.created_at >= since
            && payment.mode == mode
            && payment.account_id == account_id
            && waiting.iter().any(|state| state.as_str() == payment.status)
    }))
}

/// Payments of which one that waits makes its account urgent. A store that begins more in an hour hears of them anyway.
const NEWEST: i64 = 200;

#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
struct Begun {
    #[diesel(deserialize_as = Word)]
    mode: Mode,
    account_id: String,
    status: String,
    #[diesel(deserialize_as = At)]
    created_at: Timestamp,
}

const OPEN: [PaymentState; 2] = [PaymentState::Open, PaymentState::Authorized];
