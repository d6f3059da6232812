//! How a store ships, and for how much. One that was taken away is kept for the orders and checkouts that name it.

use diesel::prelude::*;
use domain::shipping::Country;
use domain::{Currency, ShippingMethodId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, CountryList, Id, Word, at, columns, countries, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::shipping_methods as methods;

/// A way to ship.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = methods)]
pub struct ShippingMethod {
    /// Its id.
    #[diesel(deserialize_as = Id)]
    pub id: ShippingMethodId,
    /// What shoppers read.
    pub name: String,
    /// What it costs, in the smallest unit; may be 0.
    pub amount_minor: i64,
    /// The currency of its price.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// Where it goes to; everywhere, if empty.
    #[diesel(deserialize_as = CountryList)]
    pub countries: Vec<Country>,
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
    method: &ShippingMethod,
) -> Result<(), DbError> {
    diesel::insert_into(methods::table)
        .values((
            methods::store_id.eq(id(store_id)),
            methods::id.eq(id(method.id)),
            methods::name.eq(method.name.clone()),
            methods::amount_minor.eq(method.amount_minor),
            methods::currency.eq(method.currency.as_str().to_owned()),
            methods::countries.eq(countries(&method.countries)),
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
    method: &ShippingMethod,
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
        methods::amount_minor.eq(method.amount_minor),
        methods::currency.eq(method.currency.as_str().to_owned()),
        methods::countries.eq(countries(&method.countries)),
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
    method_id: ShippingMethodId,
) -> Result<Option<ShippingMethod>, DbError> {
    methods::table
        .filter(methods::store_id.eq(id(store_id)))
        .filter(methods::id.eq(id(method_id)))
        .select(columns::<ShippingMethod>())
        .first(conn)
        .await
}

/// Those that shoppers can choose, oldest first, at most `limit`.
pub async fn list_active(
    conn: &mut Conn,
    store_id: StoreId,
    limit: i64,
) -> Result<Vec<ShippingMethod>, DbError> {
    methods::table
        .filter(methods::store_id.eq(id(store_id)))
        .filter(methods::active.eq(true))
        .order(methods::id.asc())
        .limit(limit)
        .select(columns::<ShippingMethod>())
        .load(conn)
        .await
}
