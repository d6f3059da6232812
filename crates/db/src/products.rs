//! A store's catalogue.

use diesel::prelude::*;
use domain::{Currency, ProductId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::products;

/// A product.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = products)]
pub struct Product {
    /// Our id of it.
    #[diesel(deserialize_as = Id)]
    pub id: ProductId,
    /// The merchant's own id of it, unique in the store.
    pub sku: Option<String>,
    /// What shoppers read.
    pub name: String,
    /// More of it.
    pub description: Option<String>,
    /// An https picture.
    pub image_url: Option<String>,
    /// Price of one, in the smallest unit.
    pub unit_amount_minor: i64,
    /// Its currency.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// Pieces left; `None` where the merchant does not count.
    pub stock: Option<i64>,
    /// Whether shoppers see it.
    pub active: bool,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// A change of a product; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct ProductChanges {
    /// New SKU.
    pub sku: Option<Option<String>>,
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<Option<String>>,
    /// New picture.
    pub image_url: Option<Option<String>>,
    /// New price.
    pub unit_amount_minor: Option<i64>,
    /// New currency.
    pub currency: Option<Currency>,
    /// New count.
    pub stock: Option<Option<i64>>,
    /// Shown or hidden.
    pub active: Option<bool>,
}

#[derive(AsChangeset)]
#[expect(
    clippy::option_option,
    reason = "diesel: the outer one skips the column, the inner one is NULL"
)]
#[diesel(table_name = products)]
struct Changeset {
    sku: Option<Option<String>>,
    name: Option<String>,
    description: Option<Option<String>>,
    image_url: Option<Option<String>>,
    unit_amount_minor: Option<i64>,
    currency: Option<String>,
    stock: Option<Option<i64>>,
    active: Option<bool>,
    updated_at: At,
}

/// Writes a new product. [`DbError::Conflict`] where the store has the SKU already.
pub async fn insert(conn: &mut Conn, store_id: StoreId, product: &Product) -> Result<(), DbError> {
    diesel::insert_into(products::table)
        .values((
            products::store_id.eq(id(store_id)),
            products::id.eq(id(product.id)),
            products::sku.eq(product.sku.clone()),
            products::name.eq(product.name.clone()),
            products::description.eq(product.description.clone()),
            products::image_url.eq(product.image_url.clone()),
            products::unit_amount_minor.eq(product.unit_amount_minor),
            products::currency.eq(product.currency.as_str().to_owned()),
            products::stock.eq(product.stock),
            products::active.eq(product.active),
            products::created_at.eq(at(product.created_at)),
            products::updated_at.eq(at(product.created_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// One active product.
pub async fn find_active(
    conn: &mut Conn,
    store_id: StoreId,
    product_id: ProductId,
) -> Result<Option<Product>, DbError> {
    products::table
        .filter(products::store_id.eq(id(store_id)))
        .filter(products::id.eq(id(product_id)))
        .filter(products::active.eq(true))
        .select(columns::<Product>())
        .first(conn)
        .await
}

/// The active product with this SKU.
pub async fn find_by_sku(
    conn: &mut Conn,
    store_id: StoreId,
    sku: &str,
) -> Result<Option<Product>, DbError> {
    products::table
        .filter(products::store_id.eq(id(store_id)))
        .filter(products::sku.eq(sku.to_owned()))
        .filter(products::active.eq(true))
        .select(columns::<Product>())
        .first(conn)
        .await
}

/// The active ones among these, in no order.
pub async fn find_many_active(
    conn: &mut Conn,
    store_id: StoreId,
    product_ids: &[ProductId],
) -> Result<Vec<Product>, DbError> {
    let ids: Vec<Id> = product_ids
        .iter()
        .map(|&product_id| id(product_id))
        .collect();
    products::table
        .filter(products::store_id.eq(id(store_id)))
        .filter(products::id.eq_any(ids))
        .filter(products::active.eq(true))
        .select(columns::<Product>())
        .load(conn)
        .await
}

/// A page of the active products, oldest first: those after `after`, at most `limit`.
pub async fn list_active(
    conn: &mut Conn,
    store_id: StoreId,
    after: Option<ProductId>,
    limit: i64,
) -> Result<Vec<Product>, DbError> {
    // Every v7 id is greater than the nil UUID.
    let after = after.map_or(id(uuid::Uuid::nil()), id);
    products::table
        .filter(products::store_id.eq(id(store_id)))
        .filter(products::active.eq(true))
        .filter(products::id.gt(after))
        .order(products::id.asc())
        .limit(limit)
        .select(columns::<Product>())
        .load(conn)
        .await
}

/// The page of active products before `before`, at most `limit`, oldest first.
pub async fn list_active_before(
    conn: &mut Conn,
    store_id: StoreId,
    before: ProductId,
    limit: i64,
) -> Result<Vec<Product>, DbError> {
    let mut page: Vec<Product> = products::table
        .filter(products::store_id.eq(id(store_id)))
        .filter(products::active.eq(true))
        .filter(products::id.lt(id(before)))
        .order(products::id.desc())
        .limit(limit)
        .select(columns::<Product>())
        .load(conn)
        .await?;
    page.reverse();
    Ok(page)
}

/// Changes what is named; `None` where there is no such product, active or not.
pub async fn update(
    conn: &mut Conn,
    store_id: StoreId,
    product_id: ProductId,
    changes: ProductChanges,
    now: Timestamp,
) -> Result<Option<Product>, DbError> {
    let changeset = Changeset {
        sku: changes.sku,
        name: changes.name,
        description: changes.description,
        image_url: changes.image_url,
        unit_amount_minor: changes.unit_amount_minor,
        currency: changes
            .currency
            .map(|currency| currency.as_str().to_owned()),
        stock: changes.stock,
        active: changes.active,
        updated_at: at(now),
    };
    diesel::update(
        products::table
            .filter(products::store_id.eq(id(store_id)))
            .filter(products::id.eq(id(product_id))),
    )
    .set(changeset)
    .returning(columns::<Product>())
    .first(conn)
    .await
}

/// Takes pieces out of stock; `false` if too few are left. Products that are not counted always have enough.
pub async fn take_stock(
    conn: &mut Conn,
    store_id: StoreId,
    product_id: ProductId,
    quantity: i64,
) -> Result<bool, DbError> {
    let taken = diesel::update(
        products::table
            .filter(products::store_id.eq(id(store_id)))
            .filter(products::id.eq(id(product_id)))
            .filter(products::stock.is_null().or(products::stock.ge(quantity))),
    )
    .set(products::stock.eq(products::stock - quantity))
    .execute(conn)
    .await?;
    Ok(taken == 1)
}

/// Gives pieces back.
pub async fn give_stock_back(
    conn: &mut Conn,
    store_id: StoreId,
    product_id: ProductId,
    quantity: i64,
) -> Result<(), DbError> {
    diesel::update(
        products::table
            .filter(products::store_id.eq(id(store_id)))
            .filter(products::id.eq(id(product_id))),
    )
    .set(products::stock.eq(products::stock + quantity))
    .execute(conn)
    .await?;
    Ok(())
}
