//! Payments: one row per `PaymentIntent`, written before Stripe is asked to create it.

mod refunded;
mod saving;
mod state;
mod told;
mod unordered;

use diesel::prelude::*;
use domain::{CartId, Currency, CustomerId, Mode, OrderId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeAt, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payments;

pub use refunded::{count_refunds, lock, reserve_refund};
pub use saving::set_saving;
pub use state::{CaptureMethod, PaymentState};
pub use told::{
    set_charge, set_creation_request, set_failed_charge, set_last_error, set_stripe_status,
};
pub use unordered::list_taken_without_order;

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An order that exists already.
    Order(OrderId),
    /// A cart that becomes an order once it is authorised.
    Cart(CartId),
    /// An amount that the merchant's back end named.
    Amount,
}

/// A payment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub struct Payment {
    /// Our id; also the idempotency key at Stripe.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The account that it was created with.
    pub account_id: String,
    /// The order that it pays.
    #[diesel(deserialize_as = MaybeId)]
    pub order_id: Option<OrderId>,
    /// The cart that it was created for.
    #[diesel(deserialize_as = MaybeId)]
    pub cart_id: Option<CartId>,
    /// Stripe's `pi_…`, once known.
    pub payment_intent_id: Option<String>,
    /// Where it stands.
    #[diesel(deserialize_as = Word)]
    pub status: PaymentState,
    /// Whether Stripe captures at once.
    #[diesel(deserialize_as = Word)]
    pub capture_method: CaptureMethod,
    /// The currency of its amounts.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// What is to be paid, in the smallest unit.
    pub amount_minor: i64,
    /// What was captured.
    pub captured_minor: i64,
    /// What was refunded of it, or is about to be.
    pub refunded_minor: i64,
    /// Stripe's `ch_…` or `py_…`, once there is one.
    pub charge_id: Option<String>,
    /// Until when the money is held, where that ends.
    #[diesel(deserialize_as = MaybeAt)]
    pub capture_before: Option<Timestamp>,
    /// Stripe's code of the last failure.
    pub last_error_code: Option<String>,
    /// Stripe's decline code of the last failure.
    pub last_decline_code: Option<String>,
    /// The charge of the last attempt that failed.
    pub failed_charge_id: Option<String>,
    /// Stripe's word for where the `PaymentIntent` stood when it was read last.
    pub stripe_status: Option<String>,
    /// Stripe's id of the request that created it before there was an order.
    pub created_request_id: Option<String>,
    /// When it was written.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// Who lets the store keep what it is paid with.
    #[diesel(deserialize_as = MaybeId)]
    pub customer_id: Option<CustomerId>,
    /// When the shopper agreed to that; nothing is kept without it.
    #[diesel(deserialize_as = MaybeAt)]
    pub save_consented_at: Option<Timestamp>,
}

/// A payment to insert.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// Our id.
    pub id: PaymentId,
    /// Test or live.
    pub mode: Mode,
    /// The account that it will be created with.
    pub account_id: String,
    /// What it pays.
    pub purpose: Purpose,
    /// Whether Stripe captures at once.
    pub capture_method: CaptureMethod,
    /// The currency of its amount.
    pub currency: Currency,
    /// What is to be paid, in the smallest unit.
    pub amount_minor: i64,
    /// When it is looked at for the first time, should nothing be heard of it.
    pub next_check_at: Timestamp,
}

/// Writes a payment before Stripe is asked. [`DbError::Conflict`] where its order or cart has an open one already.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    new: NewPayment,
    now: Timestamp,
) -> Result<Payment, DbError> {
    let (order_id, cart_id) = match new.purpose {
        Purpose::Order(order_id) => (Some(id(order_id)), None),
        Purpose::Cart(cart_id) => (None, Some(id(cart_id))),
        Purpose::Amount => (None, None),
    };
    diesel::insert_into(payments::table)
        .values((
            payments::store_id.eq(id(store_id)),
            payments::id.eq(id(new.id)),
            payments::mode.eq(new.mode.as_str()),
            payments::account_id.eq(new.account_id),
            payments::order_id.eq(order_id),
            payments::cart_id.eq(cart_id),
            payments::status.eq(PaymentState::Creating.as_str()),
            payments::capture_method.eq(new.capture_method.as_str()),
            payments::currency.eq(new.currency.as_str().to_owned()),
            payments::amount_minor.eq(new.amount_minor),
            payments::captured_minor.eq(0),
            payments::refunded_minor.eq(0),
            payments::created_at.eq(at(now)),
            payments::next_check_at.eq(at(new.next_check_at)),
            payments::updated_at.eq(at(now)),
        ))
        .returning(columns::<Payment>())
        .get_result(conn)
        .await
}

/// One payment.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Option<Payment>, DbError> {
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::id.eq(id(payment_id)))
        .select(columns::<Payment>())
        .first(conn)
        .await
}

/// The order's payment that is not cancelled.
pub async fn find_open_by_order(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<Option<Payment>, DbError> {
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::order_id.eq(id(order_id)))
        .filter(payments::status.ne(PaymentState::Canceled.as_str()))
        .select(columns::<Payment>())
        .first(conn)
        .await
}

/// The payment of a cart that has no order yet and is not cancelled.
pub async fn find_open_by_cart(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
) -> Result<Option<Payment>, DbError> {
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::cart_id.eq(id(cart_id)))
        .filter(payments::order_id.is_null())
        .filter(payments::status.ne(PaymentState::Canceled.as_str()))
        .select(columns::<Payment>())
        .first(conn)
        .await
}

/// The store's payment with this `PaymentIntent`.
pub async fn find_by_intent(
    conn: &mut Conn,
    store_id: StoreId,
    payment_intent_id: &str,
) -> Result<Option<Payment>, DbError> {
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::payment_intent_id.eq(payment_intent_id.to_owned()))
        .select(columns::<Payment>())
        .first(conn)
        .await
}

/// The stores that know this `PaymentIntent`, at most two: only for the shared webhook URL, which then verifies
/// with that store's own secret.
pub async fn stores_with_intent(
    conn: &mut Conn,
    payment_intent_id: &str,
) -> Result<Vec<StoreId>, DbError> {
    let ids: Vec<Id> = payments::table
        .filter(payments::payment_intent_id.eq(payment_intent_id.to_owned()))
        .select(payments::store_id)
        .limit(2)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(StoreId::from).collect())
}

/// Remembers the id that Stripe gave; `false` if the payment was withdrawn meanwhile or has its id already.
pub async fn set_intent(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    payment_intent_id: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter(payments::status.eq(PaymentState::Creating.as_str())),
    )
    .set((
        payments::payment_intent_id.eq(payment_intent_id.to_owned()),
        payments::status.eq(PaymentState::Open.as_str()),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Remembers the amount of a payment that nobody has paid yet.
pub async fn set_amount(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    amount_minor: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter(payments::status.eq(PaymentState::Open.as_str())),
    )
    .set((
        payments::amount_minor.eq(amount_minor),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Moves a payment on from the state that a decision was made on; `false` if it has moved on meanwhile.
pub async fn set_state(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    state: PaymentState,
    captured_minor: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment.id)))
            .filter(payments::status.eq(payment.status.as_str())),
    )
    .set((
        payments::status.eq(state.as_str()),
        payments::captured_minor.eq(captured_minor),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Gives a cart's payment to the order that was made from it, whose total it has; `false` if it belongs to an order already, or
/// was cancelled.
pub async fn attach_to_order(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    (order_id, amount_minor): (OrderId, i64),
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter(payments::order_id.is_null())
            .filter(payments::status.ne(PaymentState::Canceled.as_str())),
    )
    .set((
        payments::order_id.eq(id(order_id)),
        // What Stripe holds, also where the answer to its last change was lost.
        payments::amount_minor.eq(amount_minor),
        payments::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Whether a payment that is not cancelled belongs to no order; if so, it gets none until the transaction's end.
pub async fn is_free(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let held = diesel::update(
        payments::table
            .filter(payments::store_id.eq(id(store_id)))
            .filter(payments::id.eq(id(payment_id)))
            .filter(payments::order_id.is_null())
            .filter(payments::status.ne(PaymentState::Canceled.as_str())),
    )
    .set(payments::updated_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(held == 1)
}
