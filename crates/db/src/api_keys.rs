//! Store API keys: stored hashed, found by their hash under the store of the route.

use diesel::prelude::*;
use domain::{ApiKeyId, Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::api_keys;

/// A key, without what would let anyone use it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Our id of it.
    #[diesel(deserialize_as = Id)]
    pub id: ApiKeyId,
    /// The data that it acts on.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
}

/// A key to insert.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Our id of it.
    pub id: ApiKeyId,
    /// The data that it acts on.
    pub mode: Mode,
    /// The merchant's own words for it.
    pub label: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    /// SHA-256 of the whole key, hex.
    pub key_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Writes a new key.
pub async fn insert(conn: &mut Conn, store_id: StoreId, key: NewApiKey) -> Result<(), DbError> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::store_id.eq(id(store_id)),
            api_keys::id.eq(id(key.id)),
            api_keys::mode.eq(key.mode.as_str()),
            api_keys::label.eq(key.label),
            api_keys::prefix.eq(key.prefix),
            api_keys::key_hash.eq(key.key_hash),
            api_keys::created_at.eq(at(key.created_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The store's key with this hash.
pub async fn find_by_hash(
    conn: &mut Conn,
    store_id: StoreId,
    key_hash: &str,
) -> Result<Option<ApiKey>, DbError> {
    api_keys::table
        .filter(api_keys::store_id.eq(id(store_id)))
        .filter(api_keys::key_hash.eq(key_hash.to_owned()))
        .select(columns::<ApiKey>())
        .first(conn)
        .await
}
