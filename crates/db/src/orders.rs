//! Orders. Every state change is conditional on the state that the decision was made on; the count decides.

pub mod hashes;
mod list;
pub mod stock;

use diesel::prelude::*;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{CartId, Currency, Mode, OrderId, PaymentMethodId, ShippingMethodId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::carts::Line;
use crate::columns::{At, Id, MaybeAt, MaybeId, SealedText, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{order_items, orders};

pub use list::{OrderFilter, list_after, list_before};

/// An order, without its lines.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct Order {
    /// Its store: the internal API finds orders without naming one.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Its id.
    #[diesel(deserialize_as = Id)]
    pub id: OrderId,
    /// The number that people say; counts per store.
    pub number: i64,
    /// The data that it belongs to.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The cart that it was made from.
    #[diesel(deserialize_as = MaybeId)]
    pub cart_id: Option<CartId>,
    /// The cart's version then.
    pub cart_version: Option<i64>,
    /// Where it stands.
    #[diesel(deserialize_as = Word)]
    pub status: OrderStatus,
    /// Where its money stands.
    #[diesel(deserialize_as = Word)]
    pub payment_status: PaymentStatus,
    /// The currency of its amounts.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// The total, in the smallest unit.
    pub amount_minor: i64,
    /// How it is shipped.
    #[diesel(deserialize_as = MaybeId)]
    pub shipping_method_id: Option<ShippingMethodId>,
    /// What that was called then.
    pub shipping_name: Option<String>,
    /// What of the total is for shipping.
    pub shipping_minor: i64,
    /// How it is paid, if not through Stripe.
    #[diesel(deserialize_as = MaybeId)]
    pub payment_method_id: Option<PaymentMethodId>,
    /// Whether its pieces are out of the stock.
    pub stock_taken: bool,
    /// Until when it keeps them unpaid; `None` where that has no end.
    #[diesel(deserialize_as = MaybeAt)]
    pub stock_until: Option<Timestamp>,
    /// E-mail and addresses, sealed for this row; opaque here.
    pub contact_sealed: Option<String>,
    /// SHA-256 of the order token, hex.
    pub token_hash: String,
    token_key_id: String,
    token_sealed: String,
    /// When it was placed.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// When it changed last.
    #[diesel(deserialize_as = At)]
    pub updated_at: Timestamp,
    /// When it became paid.
    #[diesel(deserialize_as = MaybeAt)]
    pub paid_at: Option<Timestamp>,
}

impl Order {
    /// The sealed order token, so that a second click gets the same one.
    pub fn sealed_token(&self) -> SealedText {
        SealedText {
            key_id: self.token_key_id.clone(),
            token: self.token_sealed.clone(),
        }
    }
}

/// An order to insert; it begins `pending` and `unpaid`.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Its id.
    pub id: OrderId,
    /// The data that it belongs to.
    pub mode: Mode,
    /// The cart that it is made from.
    pub cart_id: CartId,
    /// The cart's version.
    pub cart_version: i64,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The total, in the smallest unit.
    pub amount_minor: i64,
    /// How it is shipped.
    pub shipping: Option<Shipping>,
    /// How it is paid, if not through Stripe.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Until when it keeps its pieces unpaid.
    pub stock_until: Option<Timestamp>,
    /// E-mail and addresses, sealed for this row.
    pub contact_sealed: Option<String>,
    /// Keyed hash of the e-mail address; empty where there is none.
    pub email_hash: String,
    /// SHA-256 of the order token, hex.
    pub token_hash: String,
    /// The sealed order token.
    pub token: SealedText,
    /// When it is placed.
    pub created_at: Timestamp,
}

/// How something is shipped, as it was when that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipping {
    /// The method.
    pub method_id: ShippingMethodId,
    /// What it is called.
    pub name: String,
    /// What it costs, in the smallest unit of the cart's currency.
    pub amount_minor: i64,
}

/// Writes a new order with its lines and gives it the store's next number. [`DbError::Conflict`] where its cart has
/// an open order already.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    new: NewOrder,
    lines: &[Line],
) -> Result<Order, DbError> {
    let number = crate::stores::next_order_number(conn, store_id).await?;
    let shipping = new.shipping;
    let order: Order = diesel::insert_into(orders::table)
        .values((
            orders::store_id.eq(id(store_id)),
            orders::id.eq(id(new.id)),
            orders::number.eq(number),
            orders::mode.eq(new.mode.as_str()),
            orders::cart_id.eq(id(new.cart_id)),
            orders::cart_version.eq(new.cart_version),
            orders::status.eq(OrderStatus::Pending.as_str()),
            orders::payment_status.eq(PaymentStatus::Unpaid.as_str()),
            orders::currency.eq(new.currency.as_str().to_owned()),
            orders::amount_minor.eq(new.amount_minor),
            orders::shipping_method_id.eq(shipping.as_ref().map(|shipping| id(shipping.method_id))),
            orders::shipping_minor.eq(shipping
                .as_ref()
                .map_or(0, |shipping| shipping.amount_minor)),
            orders::shipping_name.eq(shipping.map(|shipping| shipping.name)),
            orders::payment_method_id.eq(new.payment_method_id.map(id)),
            orders::stock_taken.eq(true),
            orders::stock_until.eq(new.stock_until.map(at)),
            orders::contact_sealed.eq(new.contact_sealed),
            orders::email_hash.eq(new.email_hash),
            orders::token_hash.eq(new.token_hash),
            orders::token_key_id.eq(new.token.key_id),
            orders::token_sealed.eq(new.token.token),
            orders::created_at.eq(at(new.created_at)),
            orders::updated_at.eq(at(new.created_at)),
        ))
        .returning(columns::<Order>())
        .get_result(conn)
        .await?;
    for (position, line) in (0_i64..).zip(lines) {
        diesel::insert_into(order_items::table)
            .values((
                order_items::store_id.eq(id(store_id)),
                order_items::order_id.eq(id(new.id)),
                order_items::position.eq(position),
                order_items::product_id.eq(line.product_id.map(id)),
                order_items::name.eq(line.name.clone()),
                order_items::unit_amount_minor.eq(line.unit_amount_minor),
                order_items::quantity.eq(line.quantity),
            ))
            .execute(conn)
            .await?;
    }
    Ok(order)
}

/// One order.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<Option<Order>, DbError> {
    orders::table
        .filter(orders::store_id.eq(id(store_id)))
        .filter(orders::id.eq(id(order_id)))
        .select(columns::<Order>())
        .first(conn)
        .await
}

/// One order of any store: for the internal API only, whose callers stand above the tenants.
pub async fn find_in_any_store(
    conn: &mut Conn,
    order_id: OrderId,
) -> Result<Option<Order>, DbError> {
    orders::table
        .filter(orders::id.eq(id(order_id)))
        .select(columns::<Order>())
        .first(conn)
        .await
}

/// The cart's order that is not cancelled.
pub async fn find_open_by_cart(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
) -> Result<Option<Order>, DbError> {
    orders::table
        .filter(orders::store_id.eq(id(store_id)))
        .filter(orders::cart_id.eq(id(cart_id)))
        .filter(orders::status.ne(OrderStatus::Cancelled.as_str()))
        .select(columns::<Order>())
        .first(conn)
        .await
}

/// The order's lines, in their order.
pub async fn lines(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<Vec<Line>, DbError> {
    order_items::table
        .filter(order_items::store_id.eq(id(store_id)))
        .filter(order_items::order_id.eq(id(order_id)))
        .order(order_items::position.asc())
        .select((
            order_items::product_id,
            order_items::name,
            order_items::unit_amount_minor,
            order_items::quantity,
        ))
        .load(conn)
        .await
}

/// Replaces the sealed contact of an order that still waits to be paid, and the hash of its address.
pub async fn set_contact(
    conn: &mut Conn,
    order: &Order,
    contact_sealed: Option<String>,
    email_hash: String,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(order.store_id)))
            .filter(orders::id.eq(id(order.id)))
            .filter(orders::status.eq(OrderStatus::Pending.as_str())),
    )
    .set((
        orders::contact_sealed.eq(contact_sealed),
        orders::email_hash.eq(email_hash),
        orders::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Makes the order's row the caller's until the transaction's end. Whoever locks its payment too does that after this.
pub async fn lock(conn: &mut Conn, store_id: StoreId, order_id: OrderId) -> Result<(), DbError> {
    // Writing what is there locks the row.
    diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id))),
    )
    .set(orders::updated_at.eq(orders::updated_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves an order from the state that a decision was made on; `false` if it has moved on meanwhile.
pub async fn set_state(
    conn: &mut Conn,
    order: &Order,
    status: OrderStatus,
    payment_status: PaymentStatus,
    now: Timestamp,
) -> Result<bool, DbError> {
    let newly_paid = payment_status == PaymentStatus::Paid && order.paid_at.is_none();
    let paid_at = if newly_paid { Some(now) } else { order.paid_at };
    let changed = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(order.store_id)))
            .filter(orders::id.eq(id(order.id)))
            .filter(orders::status.eq(order.status.as_str()))
            .filter(orders::payment_status.eq(order.payment_status.as_str())),
    )
    .set((
        orders::status.eq(status.as_str()),
        orders::payment_status.eq(payment_status.as_str()),
        orders::updated_at.eq(at(now)),
        orders::paid_at.eq(paid_at.map(at)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Cancels an order that stands as a decision found it; its money stays where it is. `false` if it has moved on meanwhile.
pub async fn cancel(conn: &mut Conn, order: &Order, now: Timestamp) -> Result<bool, DbError> {
    let (status, payment_status) = (OrderStatus::Cancelled, order.payment_status);
    if !set_state(conn, order, status, payment_status, now).await? {
        return Ok(false);
    }
    diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(order.store_id)))
            .filter(orders::id.eq(id(order.id))),
    )
    .set(orders::cancelled_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(true)
}
