//! Connect tokens: each can be used up once, and only by success.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::StoreId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::DbError;
use crate::columns::{Instant, MaybeAt, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::connect_tokens;

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// Not used yet.
    Open,
    /// Used up.
    Used,
    /// Never minted, or not for this store.
    Unknown,
}

/// Remembers a minted token.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    token_id: Uuid,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(connect_tokens::table)
        .values((
            connect_tokens::store_id.eq(id(store_id)),
            connect_tokens::id.eq(id(token_id)),
            connect_tokens::created_at.eq(at(now)),
            connect_tokens::expires_at.eq(at(expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Queryable)]
struct Used {
    #[diesel(deserialize_as = MaybeAt)]
    used_at: Option<Timestamp>,
}

/// Where a token stands.
pub async fn state(
    conn: &mut Conn,
    store_id: StoreId,
    token_id: Uuid,
) -> Result<TokenState, DbError> {
    let row: Option<Used> = connect_tokens::table
        .filter(connect_tokens::store_id.eq(id(store_id)))
        .filter(connect_tokens::id.eq(id(token_id)))
        .select((connect_tokens::used_at,))
        .first(conn)
        .await?;
    Ok(match row {
        None => TokenState::Unknown,
        Some(Used { used_at: None }) => TokenState::Open,
        Some(Used { used_at: Some(_) }) => TokenState::Used,
    })
}

/// Uses a token up; `false` if somebody else was first. Belongs into the transaction that it permits.
pub async fn use_up(
    conn: &mut Conn,
    store_id: StoreId,
    token_id: Uuid,
    now: Timestamp,
) -> Result<bool, DbError> {
    let used = diesel::update(
        connect_tokens::table
            .filter(connect_tokens::store_id.eq(id(store_id)))
            .filter(connect_tokens::id.eq(id(token_id)))
            .filter(connect_tokens::used_at.is_null()),
    )
    .set(connect_tokens::used_at.eq(at(now)))
    .execute(conn)
    .await?;
    Ok(used == 1)
}

/// Forgets at most `limit` tokens that expired before then.
pub async fn forget_expired(
    conn: &mut Conn,
    limit: i64,
    before: Timestamp,
) -> Result<usize, DbError> {
    diesel::sql_query(
        "DELETE FROM connect_tokens WHERE (store_id, id) IN (SELECT store_id, id FROM connect_tokens \
         WHERE expires_at < $1 LIMIT $2)",
    )
    .bind::<Instant, _>(at(before))
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
