//! Webhook signing secrets: several can be valid at once, so that rolling one leaves no gap.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Instant, MaybeAt, SealedText, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::webhook_secrets;

/// A sealed signing secret.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = webhook_secrets)]
pub struct WebhookSecret {
    /// The mode whose events it signs.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The account whose events it signs.
    pub account_id: String,
    /// Our endpoint there; `None` where a person pasted the secret.
    pub endpoint_id: Option<String>,
    /// Part of the place that it is sealed for.
    pub version: i64,
    /// When it was stored.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// Until when it verifies; `None` for the newest of its kind.
    #[diesel(deserialize_as = MaybeAt)]
    pub expires_at: Option<Timestamp>,
    secret_key_id: String,
    secret_token: String,
}

/// A signing secret to store.
#[derive(Debug, Clone)]
pub struct NewSecret<'a> {
    /// Part of the place that it is sealed for; see [`next_version`].
    pub version: i64,
    /// The account whose events it signs.
    pub account_id: &'a str,
    /// Our endpoint there; `None` where a person pasted the secret.
    pub endpoint_id: Option<&'a str>,
    /// The sealed secret.
    pub secret: SealedText,
}

impl WebhookSecret {
    /// The sealed secret.
    pub fn sealed(&self) -> SealedText {
        SealedText {
            key_id: self.secret_key_id.clone(),
            token: self.secret_token.clone(),
        }
    }
}

/// Every secret of the store that is valid now, newest first, in all modes.
pub async fn list_valid(
    conn: &mut Conn,
    store_id: StoreId,
    now: Timestamp,
) -> Result<Vec<WebhookSecret>, DbError> {
    webhook_secrets::table
        .filter(webhook_secrets::store_id.eq(id(store_id)))
        .filter(
            webhook_secrets::expires_at
                .is_null()
                .or(webhook_secrets::expires_at.gt(at(now))),
        )
        .order(webhook_secrets::version.desc())
        .select(columns::<WebhookSecret>())
        .load(conn)
        .await
}

/// As [`list_valid`], for several stores in one question: webhooks of many stores that arrive together.
pub async fn list_valid_of_stores(
    conn: &mut Conn,
    store_ids: &[StoreId],
    now: Timestamp,
) -> Result<Vec<(StoreId, WebhookSecret)>, DbError> {
    let ids: Vec<Id> = store_ids.iter().map(|&store_id| id(store_id)).collect();
    let rows: Vec<(Id, WebhookSecret)> = webhook_secrets::table
        .filter(webhook_secrets::store_id.eq_any(ids))
        .filter(
            webhook_secrets::expires_at
                .is_null()
                .or(webhook_secrets::expires_at.gt(at(now))),
        )
        .order(webhook_secrets::version.desc())
        .select((webhook_secrets::store_id, columns::<WebhookSecret>()))
        .load(conn)
        .await?;
    let of_store = |(store_id, secret)| (StoreId::from(store_id), secret);
    Ok(rows.into_iter().map(of_store).collect())
}

/// An account of a store that has a valid secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Selectable)]
#[diesel(table_name = webhook_secrets)]
pub struct SignedAccount {
    /// The tenant.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Stripe's `acct_…`.
    pub account_id: String,
}

/// The accounts of all stores that have a valid secret in a mode, at most `limit`: for the gateway's own upkeep.
pub async fn list_signed_accounts(
    conn: &mut Conn,
    mode: Mode,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SignedAccount>, DbError> {
    webhook_secrets::table
        .filter(webhook_secrets::mode.eq(mode.as_str()))
        .filter(
            webhook_secrets::expires_at
                .is_null()
                .or(webhook_secrets::expires_at.gt(at(now))),
        )
        .order((
            webhook_secrets::store_id.asc(),
            webhook_secrets::account_id.asc(),
        ))
        .distinct()
        .limit(limit)
        .select(columns::<SignedAccount>())
        .load(conn)
        .await
}

/// The version that the mode's next secret gets.
pub async fn next_version(conn: &mut Conn, store_id: StoreId, mode: Mode) -> Result<i64, DbError> {
    let newest: Option<i64> = webhook_secrets::table
        .filter(webhook_secrets::store_id.eq(id(store_id)))
        .filter(webhook_secrets::mode.eq(mode.as_str()))
        .select(max(webhook_secrets::version))
        .get_result(conn)
        .await?;
    Ok(newest.unwrap_or(0) + 1)
}

/// The newest version of an account's secrets that belongs to an endpoint of ours, valid or not; 0 if there is none.
pub async fn newest_registered(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<i64, DbError> {
    let newest: Option<i64> = webhook_secrets::table
        .filter(webhook_secrets::store_id.eq(id(store_id)))
        .filter(webhook_secrets::mode.eq(mode.as_str()))
        .filter(webhook_secrets::account_id.eq(account_id.to_owned()))
        .filter(webhook_secrets::endpoint_id.is_not_null())
        .select(max(webhook_secrets::version))
        .get_result(conn)
        .await?;
    Ok(newest.unwrap_or(0))
}

/// Adds a secret; older ones of the same account and kind stay valid until `overlap_until`. Those of our own endpoint and
/// those that a person pasted are two kinds: neither replaces the other.
pub async fn add(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    new: NewSecret<'_>,
    overlap_until: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(
        webhook_secrets::table
            .filter(webhook_secrets::store_id.eq(id(store_id)))
            .filter(webhook_secrets::mode.eq(mode.as_str()))
            .filter(webhook_secrets::account_id.eq(new.account_id.to_owned()))
            .filter(
                webhook_secrets::endpoint_id
                    .is_null()
                    .eq(new.endpoint_id.is_none()),
            )
            .filter(webhook_secrets::expires_at.is_null()),
    )
    .set(webhook_secrets::expires_at.eq(at(overlap_until)))
    .execute(conn)
    .await?;
    diesel::insert_into(webhook_secrets::table)
        .values((
            webhook_secrets::store_id.eq(id(store_id)),
            webhook_secrets::mode.eq(mode.as_str()),
            webhook_secrets::account_id.eq(new.account_id.to_owned()),
            webhook_secrets::endpoint_id.eq(new.endpoint_id.map(str::to_owned)),
            webhook_secrets::version.eq(new.version),
            webhook_secrets::secret_key_id.eq(new.secret.key_id),
            webhook_secrets::secret_token.eq(new.secret.token),
            webhook_secrets::created_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a secret that a person pasted before the newest of its kind: it has no end, and the one that was newest stays valid
/// until `overlap_until`. Those that are ending keep their time.
pub async fn make_newest(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    version: i64,
    overlap_until: Timestamp,
) -> Result<(), DbError> {
    let others = webhook_secrets::table
        .filter(webhook_secrets::store_id.eq(id(store_id)))
        .filter(webhook_secrets::mode.eq(mode.as_str()))
        .filter(webhook_secrets::account_id.eq(account_id.to_owned()))
        .filter(webhook_secrets::version.ne(version))
        .filter(webhook_secrets::endpoint_id.is_null())
        .filter(webhook_secrets::expires_at.is_null());
    diesel::update(others)
        .set(webhook_secrets::expires_at.eq(at(overlap_until)))
        .execute(conn)
        .await?;
    let this = webhook_secrets::table
        .filter(webhook_secrets::store_id.eq(id(store_id)))
        .filter(webhook_secrets::mode.eq(mode.as_str()))
        .filter(webhook_secrets::version.eq(version));
    diesel::update(this)
        .set(webhook_secrets::expires_at.eq(None::<At>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a secret that ends by itself, beside the others, which stay as they are.
pub async fn lend(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    new: NewSecret<'_>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(webhook_secrets::table)
        .values((
            webhook_secrets::store_id.eq(id(store_id)),
            webhook_secrets::mode.eq(mode.as_str()),
            webhook_secrets::account_id.eq(new.account_id.to_owned()),
            webhook_secrets::endpoint_id.eq(new.endpoint_id.map(str::to_owned)),
            webhook_secrets::version.eq(new.version),
            webhook_secrets::secret_key_id.eq(new.secret.key_id),
            webhook_secrets::secret_token.eq(new.secret.token),
            webhook_secrets::created_at.eq(at(now)),
            webhook_secrets::expires_at.eq(at(expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a secret that was lent and is still valid another end; `false` where it has ended or has no end.
pub async fn extend_loan(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    version: i64,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        webhook_secrets::table
            .filter(webhook_secrets::store_id.eq(id(store_id)))
            .filter(webhook_secrets::mode.eq(mode.as_str()))
            .filter(webhook_secrets::version.eq(version))
            .filter(webhook_secrets::expires_at.gt(at(now))),
    )
    .set(webhook_secrets::expires_at.eq(at(expires_at)))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Forgets at most `limit` secrets that no longer verify anything.
pub async fn forget_expired(conn: &mut Conn, limit: i64, now: Timestamp) -> Result<usize, DbError> {
    diesel::sql_query(
        "DELETE FROM webhook_secrets WHERE (store_id, mode, version) IN (SELECT store_id, mode, version \
         FROM webhook_secrets WHERE expires_at <= $1 LIMIT $2)",
    )
    .bind::<Instant, _>(at(now))
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await
}
