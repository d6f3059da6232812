//! Remembered answers to requests with an `Idempotency-Key`: per scope (store or internal API) and credential.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Instant, SealedText, at, columns};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::idempotency_keys as keys;

/// Where a key applies.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The store's id, or `internal`.
    pub scope: String,
    /// A hash of the caller's credential.
    pub credential: String,
    /// The caller's key.
    pub key: String,
}

/// A key that has been seen.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = keys)]
pub struct Seen {
    /// SHA-256 of method, path and body, hex.
    pub request_hash: String,
    answer_key_id: Option<String>,
    answer_sealed: Option<String>,
    /// Until when the first call counts as running.
    #[diesel(deserialize_as = At)]
    pub lease_until: Timestamp,
}

impl Seen {
    /// The sealed answer, once the first call has ended.
    pub fn answer(&self) -> Option<SealedText> {
        Some(SealedText {
            key_id: self.answer_key_id.clone()?,
            token: self.answer_sealed.clone()?,
        })
    }
}

/// Claims a key for a first call; `false` if it is taken. Expired ones are free again.
pub async fn claim(
    conn: &mut Conn,
    scope: &Scope,
    request_hash: &str,
    lease_until: Timestamp,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    diesel::delete(
        keys::table
            .filter(keys::scope.eq(scope.scope.clone()))
            .filter(keys::credential.eq(scope.credential.clone()))
            .filter(keys::key.eq(scope.key.clone()))
            .filter(keys::expires_at.le(at(now))),
    )
    .execute(conn)
    .await?;
    let inserted = diesel::insert_into(keys::table)
        .values((
            keys::scope.eq(scope.scope.clone()),
            keys::credential.eq(scope.credential.clone()),
            keys::key.eq(scope.key.clone()),
            keys::request_hash.eq(request_hash.to_owned()),
            keys::lease_until.eq(at(lease_until)),
            keys::created_at.eq(at(now)),
            keys::expires_at.eq(at(expires_at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Takes over a call whose process died: its lease ran out without an answer.
pub async fn take_over(
    conn: &mut Conn,
    scope: &Scope,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        keys::table
            .filter(keys::scope.eq(scope.scope.clone()))
            .filter(keys::credential.eq(scope.credential.clone()))
            .filter(keys::key.eq(scope.key.clone()))
            .filter(keys::answer_sealed.is_null())
            .filter(keys::lease_until.le(at(now))),
    )
    .set(keys::lease_until.eq(at(lease_until)))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// What is known about a key.
pub async fn find(conn: &mut Conn, scope: &Scope) -> Result<Option<Seen>, DbError> {
    keys::table
        .filter(keys::scope.eq(scope.scope.clone()))
        .filter(keys::credential.eq(scope.credential.clone()))
        .filter(keys::key.eq(scope.key.clone()))
        .select(columns::<Seen>())
        .first(conn)
        .await
}

/// Keeps the answer of the first call; one that is kept already stays.
pub async fn keep(conn: &mut Conn, scope: &Scope, answer: SealedText) -> Result<(), DbError> {
    diesel::update(
        keys::table
            .filter(keys::scope.eq(scope.scope.clone()))
            .filter(keys::credential.eq(scope.credential.clone()))
            .filter(keys::key.eq(scope.key.clone()))
            .filter(keys::answer_sealed.is_null()),
    )
    .set((
        keys::answer_key_id.eq(answer.key_id),
        keys::answer_sealed.eq(answer.token),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

/// Frees a key whose call failed in a way that may be tried again.
pub async fn release(conn: &mut Conn, scope: &Scope) -> Result<(), DbError> {
    diesel::delete(
        keys::table
            .filter(keys::scope.eq(scope.scope.clone()))
            .filter(keys::credential.eq(scope.credential.clone()))
            .filter(keys::key.eq(scope.key.clone()))
            .filter(keys::answer_sealed.is_null()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets at most `limit` keys that have expired, the oldest first.
pub async fn forget_expired(conn: &mut Conn, limit: i64, now: Timestamp) -> Result<usize, DbError> {
    diesel::sql_query(
        "DELETE FROM idempotency_keys WHERE (scope, credential, key) IN (SELECT scope, credential, key \
         FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind::<Instant, _>(at(now))
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
