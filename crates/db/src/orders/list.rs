//! Pages of a store's orders, filtered.

use diesel::dsl::AsExprOf;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{Mode, OrderId, StoreId};
use jiff::Timestamp;

use super::Order;
use crate::DbError;
use crate::columns::{At, Id, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{incidents, orders};

/// Which orders are wanted.
#[derive(Debug, Clone)]
pub struct OrderFilter {
    /// In one of these states; never empty.
    pub statuses: Vec<OrderStatus>,
    /// With their money in one of these states; never empty.
    pub payment_statuses: Vec<PaymentStatus>,
    /// Placed then or later.
    pub created_from: Timestamp,
    /// Placed before then.
    pub created_before: Timestamp,
    /// Whose address has one of these hashes; any if `None`.
    pub email_hashes: Option<Vec<String>>,
    /// The one of this number; any if `None`.
    pub number: Option<i64>,
    /// Only those that a person must look at.
    pub needs_attention: bool,
}

impl OrderFilter {
    /// Every order. `PostgreSQL` knows no instants as far away as `jiff` does.
    pub fn all() -> Self {
        Self {
            statuses: OrderStatus::ALL.to_vec(),
            payment_statuses: PaymentStatus::ALL.to_vec(),
            created_from: Timestamp::UNIX_EPOCH,
            created_before: Timestamp::MAX,
            email_hashes: None,
            number: None,
            needs_attention: false,
        }
    }
}

/// Runs a page of a filter from the index that leads there soonest: an order is found by its number, its shopper's address or
/// its incident without looking at the store's other orders.
macro_rules! page {
    ($conn:expr, $store_id:expr, $filter:expr, $matching:expr, $order:expr, $limit:expr) => {{
        let open = with_incidents($store_id);
        let any = (!$filter.needs_attention).into_sql::<Bool>();
        if let Some(number) = $filter.number {
            $matching
                .filter(orders::number.eq(number))
                .filter(orders::id.eq_any(open).or(any))
                .order($order)
                .limit($limit)
                .select(columns::<Order>())
                .load($conn)
                .await
        } else if let Some(hashes) = $filter.email_hashes.clone() {
            $matching
                .filter(orders::email_hash.is_not_null())
                .filter(orders::email_hash.eq_any(hashes))
                .filter(orders::id.eq_any(open).or(any))
                .order($order)
                .limit($limit)
                .select(columns::<Order>())
                .load($conn)
                .await
        } else if $filter.needs_attention {
            $matching
                .filter(orders::id.eq_any(open))
                .order($order)
                .limit($limit)
                .select(columns::<Order>())
                .load($conn)
                .await
        } else {
            $matching
                .order($order)
                .limit($limit)
                .select(columns::<Order>())
                .load($conn)
                .await
        }
    }};
}

/// A page of the store's orders of a mode, newest first: those before `before` (all if `None`), at most `limit`.
pub async fn list_before(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    filter: &OrderFilter,
    before: Option<OrderId>,
    limit: i64,
) -> Result<Vec<Order>, DbError> {
    let before = before.map_or(id(uuid::Uuid::max()), id);
    let older = matching(store_id, mode, filter).filter(orders::id.lt(before));
    page!(conn, store_id, filter, older, orders::id.desc(), limit)
}

/// The page of orders that are newer than `after`, at most `limit`, newest first.
pub async fn list_after(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    filter: &OrderFilter,
    after: OrderId,
    limit: i64,
) -> Result<Vec<Order>, DbError> {
    let newer = matching(store_id, mode, filter).filter(orders::id.gt(id(after)));
    let page: Result<Vec<Order>, DbError> =
        page!(conn, store_id, filter, newer, orders::id.asc(), limit);
    let mut page = page?;
    page.reverse();
    Ok(page)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn matching(store_id: StoreId, mode: Mode, filter: &OrderFilter) -> _ {
    let this_store: Id = id(store_id);
    let mode: &'static str = mode.as_str();
    let statuses: Vec<&'static str> = filter.statuses.iter().map(|one| one.as_str()).collect();
    let payment_statuses: Vec<&'static str> = filter
        .payment_statuses
        .iter()
        .map(|one| one.as_str())
        .collect();
    let from: At = at(filter.created_from);
    let before: At = at(filter.created_before);
    let hashes: Vec<String> = filter.email_hashes.clone().unwrap_or_default();
    let any_address: AsExprOf<bool, Bool> = filter.email_hashes.is_none().into_sql::<Bool>();
    orders::table
        .filter(orders::store_id.eq(this_store))
        .filter(orders::mode.eq(mode))
        .filter(orders::status.eq_any(statuses))
        .filter(orders::payment_status.eq_any(payment_statuses))
        .filter(orders::created_at.ge(from))
        .filter(orders::created_at.lt(before))
        .filter(orders::email_hash.eq_any(hashes).or(any_address))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn with_incidents(store_id: StoreId) -> _ {
    let store_id: Id = id(store_id);
    incidents::table
        .filter(incidents::store_id.eq(store_id))
        .filter(incidents::resolved_at.is_null())
        .select(incidents::order_id)
}
