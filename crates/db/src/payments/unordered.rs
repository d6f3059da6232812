//! Payments that were taken for a cart that has no order.

use diesel::prelude::*;
use domain::{Mode, StoreId};

use super::{Payment, PaymentState};
use crate::DbError;
use crate::columns::{columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payments;

/// The payments of this account whose money was taken for a cart, and is not all back, though no order came of it: the oldest
/// first, at most `limit`.
pub async fn list_taken_without_order(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    limit: i64,
) -> Result<Vec<Payment>, DbError> {
    payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::cart_id.is_not_null())
        .filter(payments::order_id.is_null())
        .filter(payments::status.eq(PaymentState::Succeeded.as_str()))
        .filter(payments::mode.eq(mode.as_str()))
        .filter(payments::account_id.eq(account_id.to_owned()))
        .filter(payments::captured_minor.gt(payments::refunded_minor))
        .order(payments::id.asc())
        .limit(limit)
        .select(columns::<Payment>())
        .load(conn)
        .await
}
