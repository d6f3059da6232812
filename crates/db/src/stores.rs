//! Stores: the tenants.

use diesel::prelude::*;
use domain::{Currency, Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Lines, MaybeAt, MaybeWord, Word, at, columns, id, lines};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stores;

/// A store.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = stores)]
pub struct Store {
    /// The tenant's id.
    #[diesel(deserialize_as = Id)]
    pub id: StoreId,
    /// What shoppers read.
    pub name: String,
    /// Whom to tell about incidents.
    pub merchant_email: Option<String>,
    /// The currency of new products and carts.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// The mode that shoppers pay in; `None` until something is connected.
    #[diesel(deserialize_as = MaybeWord)]
    pub active_mode: Option<Mode>,
    /// The order status at which an authorisation is captured.
    pub capture_on: String,
    /// Origins that may frame our pages and call the storefront API.
    #[diesel(deserialize_as = Lines)]
    pub allowed_origins: Vec<String>,
    /// Origins that a browser may be sent back to.
    #[diesel(deserialize_as = Lines)]
    pub return_origins: Vec<String>,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// A change of a store; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct StoreChanges {
    /// New name.
    pub name: Option<String>,
    /// New address; `Some(None)` removes it.
    pub merchant_email: Option<Option<String>>,
    /// New default currency.
    pub currency: Option<Currency>,
    /// New active mode.
    pub active_mode: Option<Mode>,
    /// New capture point.
    pub capture_on: Option<String>,
    /// New list.
    pub allowed_origins: Option<Vec<String>>,
    /// New list.
    pub return_origins: Option<Vec<String>>,
}

#[derive(AsChangeset)]
#[expect(
    clippy::option_option,
    reason = "diesel: the outer one skips the column, the inner one is NULL"
)]
#[diesel(table_name = stores)]
struct Changeset {
    name: Option<String>,
    merchant_email: Option<Option<String>>,
    currency: Option<String>,
    active_mode: Option<String>,
    capture_on: Option<String>,
    allowed_origins: Option<String>,
    return_origins: Option<String>,
    updated_at: At,
}

/// Orders of a new store count from here: a number that can be read aloud and does not tell how young the store is.
const FIRST_ORDER_NUMBER: i64 = 1001;

/// Writes a new store.
pub async fn insert(conn: &mut Conn, store: &Store) -> Result<(), DbError> {
    diesel::insert_into(stores::table)
        .values((
            stores::id.eq(id(store.id)),
            stores::name.eq(store.name.clone()),
            stores::merchant_email.eq(store.merchant_email.clone()),
            stores::currency.eq(store.currency.as_str().to_owned()),
            stores::active_mode.eq(store.active_mode.map(Mode::as_str)),
            stores::capture_on.eq(store.capture_on.clone()),
            stores::allowed_origins.eq(lines(&store.allowed_origins)),
            stores::return_origins.eq(lines(&store.return_origins)),
            stores::order_counter.eq(FIRST_ORDER_NUMBER - 1),
            stores::created_at.eq(at(store.created_at)),
            stores::updated_at.eq(at(store.created_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// One store.
pub async fn find(conn: &mut Conn, store_id: StoreId) -> Result<Option<Store>, DbError> {
    stores::table
        .filter(stores::id.eq(id(store_id)))
        .select(columns::<Store>())
        .first(conn)
        .await
}

/// Which of these stores there are: for webhooks of many stores that arrive together.
pub async fn find_existing(
    conn: &mut Conn,
    store_ids: &[StoreId],
) -> Result<Vec<StoreId>, DbError> {
    let ids: Vec<Id> = store_ids.iter().map(|&store_id| id(store_id)).collect();
    let found: Vec<Id> = stores::table
        .filter(stores::id.eq_any(ids))
        .select(stores::id)
        .load(conn)
        .await?;
    Ok(found.into_iter().map(StoreId::from).collect())
}

/// All stores, oldest first, at most `limit`: for operators.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Store>, DbError> {
    stores::table
        .order(stores::id.asc())
        .limit(limit)
        .select(columns::<Store>())
        .load(conn)
        .await
}

/// Makes whoever connects or changes this store wait for the end of this transaction, on either engine.
pub async fn lock(conn: &mut Conn, store_id: StoreId) -> Result<(), DbError> {
    // Writing what is there locks the row.
    diesel::update(stores::table.filter(stores::id.eq(id(store_id))))
        .set(stores::updated_at.eq(stores::updated_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes what is named; `None` where there is no such store.
pub async fn update(
    conn: &mut Conn,
    store_id: StoreId,
    changes: StoreChanges,
    now: Timestamp,
) -> Result<Option<Store>, DbError> {
    let changeset = Changeset {
        name: changes.name,
        merchant_email: changes.merchant_email,
        currency: changes
            .currency
            .map(|currency| currency.as_str().to_owned()),
        active_mode: changes.active_mode.map(|mode| mode.as_str().to_owned()),
        capture_on: changes.capture_on,
        allowed_origins: changes.allowed_origins.as_deref().map(lines),
        return_origins: changes.return_origins.as_deref().map(lines),
        updated_at: at(now),
    };
    diesel::update(stores::table.filter(stores::id.eq(id(store_id))))
        .set(changeset)
        .returning(columns::<Store>())
        .first(conn)
        .await
}

/// Makes `mode` the active one if none is yet: the first mode connected.
pub async fn activate_first_mode(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
) -> Result<(), DbError> {
    diesel::update(
        stores::table
            .filter(stores::id.eq(id(store_id)))
            .filter(stores::active_mode.is_null()),
    )
    .set(stores::active_mode.eq(mode.as_str()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the store's next order number, inside the transaction that writes the order.
pub(crate) async fn next_order_number(conn: &mut Conn, store_id: StoreId) -> Result<i64, DbError> {
    diesel::update(stores::table.filter(stores::id.eq(id(store_id))))
        .set(stores::order_counter.eq(stores::order_counter + 1))
        .returning(stores::order_counter)
        .get_result(conn)
        .await
}

/// Notes that a webhook came in which none of the store's secrets signed.
pub async fn note_wrong_signature(
    conn: &mut Conn,
    store_id: StoreId,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(stores::table.filter(stores::id.eq(id(store_id))))
        .set(stores::wrong_signature_at.eq(at(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// When such a webhook came in last. It is noted now and then only.
pub async fn wrong_signature_at(
    conn: &mut Conn,
    store_id: StoreId,
) -> Result<Option<Timestamp>, DbError> {
    let noted: Option<MaybeAt> = stores::table
        .filter(stores::id.eq(id(store_id)))
        .select(stores::wrong_signature_at)
        .first(conn)
        .await?;
    Ok(noted.and_then(Into::into))
}
