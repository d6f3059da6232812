//! Carts and their lines. A version counts the changes, so that a checkout knows the cart it was made from.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::{CartId, Currency, Mode, ProductId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{cart_items, carts, checkouts, payment_links};

/// A cart, without its lines.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = carts)]
pub struct Cart {
    /// Its id, which is also the right to use it.
    #[diesel(deserialize_as = Id)]
    pub id: CartId,
    /// The data that it belongs to.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The currency of all its lines.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// Counts changes of the lines, from 1.
    pub version: i64,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// When it is forgotten.
    #[diesel(deserialize_as = At)]
    pub expires_at: Timestamp,
}

/// A line of a cart or of an order: the price as it was when the line was written.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = cart_items)]
pub struct Line {
    /// `None` for ad-hoc lines.
    #[diesel(deserialize_as = MaybeId)]
    pub product_id: Option<ProductId>,
    /// What the shopper reads.
    pub name: String,
    /// Price of one, in the smallest unit.
    pub unit_amount_minor: i64,
    /// How many.
    pub quantity: i64,
}

/// Writes a new cart with its lines.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    cart: &Cart,
    lines: &[Line],
) -> Result<(), DbError> {
    diesel::insert_into(carts::table)
        .values((
            carts::store_id.eq(id(store_id)),
            carts::id.eq(id(cart.id)),
            carts::mode.eq(cart.mode.as_str()),
            carts::currency.eq(cart.currency.as_str().to_owned()),
            carts::version.eq(cart.version),
            carts::created_at.eq(at(cart.created_at)),
            carts::expires_at.eq(at(cart.expires_at)),
        ))
        .execute(conn)
        .await?;
    insert_lines(conn, store_id, cart.id, lines).await
}

/// A cart that has not expired.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
    now: Timestamp,
) -> Result<Option<Cart>, DbError> {
    carts::table
        .filter(carts::store_id.eq(id(store_id)))
        .filter(carts::id.eq(id(cart_id)))
        .filter(carts::expires_at.gt(at(now)))
        .select(columns::<Cart>())
        .first(conn)
        .await
}

/// The cart's lines, in their order.
pub async fn lines(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
) -> Result<Vec<Line>, DbError> {
    cart_items::table
        .filter(cart_items::store_id.eq(id(store_id)))
        .filter(cart_items::cart_id.eq(id(cart_id)))
        .order(cart_items::position.asc())
        .select(columns::<Line>())
        .load(conn)
        .await
}

/// Replaces the lines if the cart is still at `cart.version`; `false` if somebody else changed it meanwhile.
pub async fn replace_lines(
    conn: &mut Conn,
    store_id: StoreId,
    cart: &Cart,
    lines: &[Line],
) -> Result<bool, DbError> {
    let changed = diesel::update(
        carts::table
            .filter(carts::store_id.eq(id(store_id)))
            .filter(carts::id.eq(id(cart.id)))
            .filter(carts::version.eq(cart.version)),
    )
    .set(carts::version.eq(cart.version + 1))
    .execute(conn)
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::delete(
        cart_items::table
            .filter(cart_items::store_id.eq(id(store_id)))
            .filter(cart_items::cart_id.eq(id(cart.id))),
    )
    .execute(conn)
    .await?;
    insert_lines(conn, store_id, cart.id, lines).await?;
    Ok(true)
}

async fn insert_lines(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
    lines: &[Line],
) -> Result<(), DbError> {
    for (position, line) in (0_i64..).zip(lines) {
        diesel::insert_into(cart_items::table)
            .values((
                cart_items::store_id.eq(id(store_id)),
                cart_items::cart_id.eq(id(cart_id)),
                cart_items::position.eq(position),
                cart_items::product_id.eq(line.product_id.map(id)),
                cart_items::name.eq(line.name.clone()),
                cart_items::unit_amount_minor.eq(line.unit_amount_minor),
                cart_items::quantity.eq(line.quantity),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Forgets carts of all stores that expired before `before`, with their lines and checkouts, at most `limit`. Tells how many.
pub async fn forget_expired(
    conn: &mut Conn,
    limit: i64,
    before: Timestamp,
) -> Result<usize, DbError> {
    let expired: Vec<(Id, Id)> = carts::table
        .filter(carts::expires_at.lt(at(before)))
        // A payment link tells its holder for good that it was used or has expired.
        .filter(not(exists(
            payment_links::table
                .filter(payment_links::store_id.eq(carts::store_id))
                .filter(payment_links::cart_id.eq(carts::id)),
        )))
        .order(carts::expires_at.asc())
        .limit(limit)
        .select((carts::store_id, carts::id))
        .load(conn)
        .await?;
    for &(store_id, cart_id) in &expired {
        diesel::delete(
            checkouts::table
                .filter(checkouts::store_id.eq(store_id))
                .filter(checkouts::cart_id.eq(cart_id)),
        )
        .execute(conn)
        .await?;
        diesel::delete(
            carts::table
                .filter(carts::store_id.eq(store_id))
                .filter(carts::id.eq(cart_id)),
        )
        .execute(conn)
        .await?;
    }
    Ok(expired.len())
}
