//! Whether an order's pieces are out of the stock. Each change is conditional, so that pieces are taken once and given back once.

use diesel::prelude::*;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{OrderId, ProductId, StoreId};
use jiff::Timestamp;

use super::Order;
use crate::DbError;
use crate::carts::Line;
use crate::columns::{At, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::products;
use crate::schema::orders;

/// What came of taking an order's pieces again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taking {
    /// They were out of the stock already, or the order is cancelled.
    Unneeded,
    /// They are out of the stock now.
    Taken,
    /// Too few are left of the product with this name; nothing was taken.
    Short(String),
}

/// Takes every line's pieces, or none. `Some` is the line that has too few left.
pub async fn take_lines<'a>(
    conn: &mut Conn,
    store_id: StoreId,
    lines: &'a [Line],
) -> Result<Option<&'a Line>, DbError> {
    let mut taken: Vec<(ProductId, i64)> = Vec::new();
    for (product_id, line) in in_order(lines) {
        if products::take_stock(conn, store_id, product_id, line.quantity).await? {
            taken.push((product_id, line.quantity));
            continue;
        }
        for (product_id, quantity) in taken {
            products::give_stock_back(conn, store_id, product_id, quantity).await?;
        }
        return Ok(Some(line));
    }
    Ok(None)
}

/// Takes an order's pieces again after they were given back, all or none; unpaid it keeps them until `until`. In a transaction.
pub async fn take_again(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    until: Option<Timestamp>,
) -> Result<Taking, DbError> {
    let marked = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id)))
            .filter(orders::status.ne(OrderStatus::Cancelled.as_str()))
            .filter(orders::stock_taken.eq(false)),
    )
    .set((
        orders::stock_taken.eq(true),
        orders::stock_until.eq(until.map(at)),
    ))
    .execute(conn)
    .await?;
    if marked == 0 {
        return Ok(Taking::Unneeded);
    }
    let lines = super::lines(conn, store_id, order_id).await?;
    let short = take_lines(conn, store_id, &lines).await?;
    let Some(name) = short.map(|line| line.name.clone()) else {
        return Ok(Taking::Taken);
    };
    unmark(conn, store_id, order_id).await?;
    Ok(Taking::Short(name))
}

/// Gives the order's pieces back, once; `false` if that was done before. In a transaction.
pub async fn give_back(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<bool, DbError> {
    if !unmark(conn, store_id, order_id).await? {
        return Ok(false);
    }
    return_lines(conn, store_id, order_id).await?;
    Ok(true)
}

/// Gives back the pieces of an order that has kept them unpaid for long enough; `false` if it has been paid, or got more time,
/// meanwhile. In a transaction.
pub async fn give_back_overdue(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let payable = PaymentStatus::ALL
        .iter()
        .filter(|status| status.is_payable())
        .map(|status| status.as_str());
    let changed = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id)))
            .filter(orders::stock_taken.eq(true))
            .filter(orders::stock_until.le(at(now)))
            .filter(orders::payment_status.eq_any(payable)),
    )
    .set((
        orders::stock_taken.eq(false),
        orders::stock_until.eq(None::<At>),
    ))
    .execute(conn)
    .await?;
    if changed == 1 {
        return_lines(conn, store_id, order_id).await?;
    }
    Ok(changed == 1)
}

async fn unmark(conn: &mut Conn, store_id: StoreId, order_id: OrderId) -> Result<bool, DbError> {
    let changed = diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id)))
            .filter(orders::stock_taken.eq(true)),
    )
    .set((
        orders::stock_taken.eq(false),
        orders::stock_until.eq(None::<At>),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

async fn return_lines(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<(), DbError> {
    let lines = super::lines(conn, store_id, order_id).await?;
    for (product_id, line) in in_order(&lines) {
        products::give_stock_back(conn, store_id, product_id, line.quantity).await?;
    }
    Ok(())
}

/// Says until when an order keeps its pieces unpaid; `None` ends the waiting.
pub async fn keep_until(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    until: Option<Timestamp>,
) -> Result<(), DbError> {
    diesel::update(
        orders::table
            .filter(orders::store_id.eq(id(store_id)))
            .filter(orders::id.eq(id(order_id)))
            .filter(orders::stock_until.is_not_null()),
    )
    .set(orders::stock_until.eq(until.map(at)))
    .execute(conn)
    .await?;
    Ok(())
}

/// Orders of all stores that have kept their pieces unpaid for long enough, at most `limit`.
pub async fn list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Order>, DbError> {
    orders::table
        .filter(orders::stock_until.le(at(now)))
        .filter(orders::stock_taken.eq(true))
        .filter(orders::status.ne(OrderStatus::Cancelled.as_str()))
        .order(orders::stock_until.asc())
        .limit(limit)
        .select(columns::<Order>())
        .load(conn)
        .await
}

/// In the order of their ids, so that two carts with the same products cannot wait for each other.
fn in_order(lines: &[Line]) -> Vec<(ProductId, &Line)> {
    let mut counted: Vec<(ProductId, &Line)> = lines
        .iter()
        .filter_map(|line| line.product_id.map(|product_id| (product_id, line)))
        .collect();
    counted.sort_by_key(|(product_id, _)| *product_id);
    counted
}
