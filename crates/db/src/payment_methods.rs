//! Ways to pay beside Stripe, such as bank transfer and cash on delivery. One that was taken away is kept for its orders.

use diesel::prelude::*;
use domain::{PaymentMethodId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payment_methods as methods;

/// A way to pay beside Stripe.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = methods)]
pub struct PaymentMethod {
    /// Its id.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentMethodId,
    /// What shoppers read.
    pub name: String,
    /// More of it, such as where the money goes.
    pub description: Option<String>,
    /// The same in other languages, by their language tags: opaque here.
    pub translations: String,
    /// Whether shoppers can choose it.
    pub active: bool,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// Writes a new one.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    method: &PaymentMethod,
) -> Result<(), DbError> {
    diesel::insert_into(methods::table)
        .values((
            methods::store_id.eq(id(store_id)),
            methods::id.eq(id(method.id)),
            methods::name.eq(method.name.clone()),
            methods::description.eq(method.description.clone()),
            methods::translations.eq(method.translations.clone()),
            methods::active.eq(method.active),
            methods::created_at.eq(at(method.created_at)),
            methods::updated_at.eq(at(method.created_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores a method as it is now; `false` where there is none that can be chosen.
pub async fn update(
    conn: &mut Conn,
    store_id: StoreId,
    method: &PaymentMethod,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        methods::table
            .filter(methods::store_id.eq(id(store_id)))
            .filter(methods::id.eq(id(method.id)))
            .filter(methods::active.eq(true)),
    )
    .set((
        methods::name.eq(method.name.clone()),
        methods::description.eq(method.description.clone()),
        methods::translations.eq(method.translations.clone()),
        methods::active.eq(method.active),
        methods::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// One of the store's, taken away or not.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    method_id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, DbError> {
    methods::table
        .filter(methods::store_id.eq(id(store_id)))
        .filter(methods::id.eq(id(method_id)))
        .select(columns::<PaymentMethod>())
        .first(conn)
        .await
}

/// Those that shoppers can choose, oldest first, at most `limit`.
pub async fn list_active(
    conn: &mut Conn,
    store_id: StoreId,
    limit: i64,
) -> Result<Vec<PaymentMethod>, DbError> {
    methods::table
        .filter(methods::store_id.eq(id(store_id)))
        .filter(methods::active.eq(true))
        .order(methods::id.asc())
        .limit(limit)
        .select(columns::<PaymentMethod>())
        .load(conn)
        .await
}
