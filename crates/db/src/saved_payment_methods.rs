//! Ways to pay that shoppers let a store keep.

use diesel::prelude::*;
use domain::{CustomerId, SavedPaymentMethodId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeAt, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::saved_payment_methods as saved;

/// A saved way to pay.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = saved)]
pub struct SavedPaymentMethod {
    /// Its id.
    #[diesel(deserialize_as = Id)]
    pub id: SavedPaymentMethodId,
    /// Whose it is.
    #[diesel(deserialize_as = Id)]
    pub customer_id: CustomerId,
    /// Stripe's `pm_…`.
    pub stripe_payment_method_id: String,
    /// Such as `card`.
    pub kind: String,
    /// Such as `visa`.
    pub brand: Option<String>,
    /// Its last four digits.
    pub last4: Option<String>,
    /// Year and month, such as `2034-12`.
    pub expires: Option<String>,
    /// When the shopper agreed.
    #[diesel(deserialize_as = At)]
    pub consented_at: Timestamp,
    /// When it was given up.
    #[diesel(deserialize_as = MaybeAt)]
    pub detached_at: Option<Timestamp>,
}

/// Writes a new one; nothing where it is there already.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    method: &SavedPaymentMethod,
) -> Result<(), DbError> {
    diesel::insert_into(saved::table)
        .values((
            saved::store_id.eq(id(store_id)),
            saved::id.eq(id(method.id)),
            saved::customer_id.eq(id(method.customer_id)),
            saved::stripe_payment_method_id.eq(method.stripe_payment_method_id.clone()),
            saved::kind.eq(method.kind.clone()),
            saved::brand.eq(method.brand.clone()),
            saved::last4.eq(method.last4.clone()),
            saved::expires.eq(method.expires.clone()),
            saved::consented_at.eq(at(method.consented_at)),
            saved::detached_at.eq(method.detached_at.map(at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// One of the store's, also one that was given up.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    method_id: SavedPaymentMethodId,
) -> Result<Option<SavedPaymentMethod>, DbError> {
    saved::table
        .filter(saved::store_id.eq(id(store_id)))
        .filter(saved::id.eq(id(method_id)))
        .select(columns::<SavedPaymentMethod>())
        .first(conn)
        .await
}

/// A customer's, newest first, at most `limit`.
pub async fn list(
    conn: &mut Conn,
    store_id: StoreId,
    customer_id: CustomerId,
    limit: i64,
) -> Result<Vec<SavedPaymentMethod>, DbError> {
    saved::table
        .filter(saved::store_id.eq(id(store_id)))
        .filter(saved::customer_id.eq(id(customer_id)))
        .filter(saved::detached_at.is_null())
        .order(saved::id.desc())
        .limit(limit)
        .select(columns::<SavedPaymentMethod>())
        .load(conn)
        .await
}

/// Gives one up; `false` if it was given up before.
pub async fn detach(
    conn: &mut Conn,
    store_id: StoreId,
    method_id: SavedPaymentMethodId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        saved::table
            .filter(saved::store_id.eq(id(store_id)))
            .filter(saved::id.eq(id(method_id)))
            .filter(saved::detached_at.is_null()),
    )
    .set(saved::detached_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Gives up all of a customer.
pub async fn detach_all(
    conn: &mut Conn,
    store_id: StoreId,
    customer_id: CustomerId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(
        saved::table
            .filter(saved::store_id.eq(id(store_id)))
            .filter(saved::customer_id.eq(id(customer_id)))
            .filter(saved::detached_at.is_null()),
    )
    .set(saved::detached_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(())
}
