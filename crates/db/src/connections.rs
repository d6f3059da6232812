//! Stripe connections: one current per store and mode, replaced atomically. Accounts that were connected before stay, with their
//! keys, for the payments that they took: every Stripe id is scoped by store, account and mode.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeAt, SealedText, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_connections as connections;

/// A store's connection to its Stripe account in one mode.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Connection {
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// Stripe's `acct_…`.
    pub account_id: String,
    /// `pk_…`; public.
    pub publishable_key: String,
    /// Two-letter country of the account.
    pub country: Option<String>,
    /// The account's own currency.
    pub default_currency: Option<String>,
    /// Stripe's `charges_enabled`.
    pub charges_enabled: bool,
    /// Part of the place that the secret key is sealed for; grows with every replacement.
    pub secret_version: i64,
    /// See [`Connection::sealed_secret`].
    secret_key_id: String,
    secret_token: String,
    /// Stripe refused the key: jobs wait until the merchant reconnects.
    pub reconnect_needed: bool,
    /// When these keys were accepted.
    #[diesel(deserialize_as = At)]
    pub connected_at: Timestamp,
    /// When the last webhook was accepted.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_event_at: Option<Timestamp>,
    /// What went wrong last, by name.
    pub last_error: Option<String>,
    /// When another account took its place; `None` for the current one.
    #[diesel(deserialize_as = MaybeAt)]
    pub replaced_at: Option<Timestamp>,
    /// Whether a stand-in for Stripe accepted the keys, and not Stripe; `None` where nobody noted it.
    pub is_stand_in: Option<bool>,
}

impl Connection {
    /// The sealed secret key.
    pub fn sealed_secret(&self) -> SealedText {
        SealedText {
            key_id: self.secret_key_id.clone(),
            token: self.secret_token.clone(),
        }
    }
}

/// What a successful connect stores.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// Test or live.
    pub mode: Mode,
    /// Stripe's `acct_…`.
    pub account_id: String,
    /// `pk_…`.
    pub publishable_key: String,
    /// Two-letter country of the account.
    pub country: Option<String>,
    /// The account's own currency.
    pub default_currency: Option<String>,
    /// Stripe's `charges_enabled`.
    pub charges_enabled: bool,
    /// Part of the place that the secret key is sealed for.
    pub secret_version: i64,
    /// The sealed secret key.
    pub secret: SealedText,
    /// Whether a stand-in for Stripe accepted the keys, and not Stripe.
    pub is_stand_in: bool,
}

/// The store's connection in a mode.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
) -> Result<Option<Connection>, DbError> {
    connections::table
        .filter(connections::store_id.eq(id(store_id)))
        .filter(connections::mode.eq(mode.as_str()))
        .filter(connections::replaced_at.is_null())
        .select(columns::<Connection>())
        .first(conn)
        .await
}

/// The store's connection to one account, current or former: the way to a payment that this account took.
pub async fn find_account(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<Option<Connection>, DbError> {
    connections::table
        .filter(connections::store_id.eq(id(store_id)))
        .filter(connections::mode.eq(mode.as_str()))
        .filter(connections::account_id.eq(account_id.to_owned()))
        .select(columns::<Connection>())
        .first(conn)
        .await
}

/// Every connection of the store, former ones too, newest first.
pub async fn list_all(conn: &mut Conn, store_id: StoreId) -> Result<Vec<Connection>, DbError> {
    connections::table
        .filter(connections::store_id.eq(id(store_id)))
        .order(connections::connected_at.desc())
        .select(columns::<Connection>())
        .load(conn)
        .await
}

/// The version that the mode's next secret key gets.
pub async fn next_version(conn: &mut Conn, store_id: StoreId, mode: Mode) -> Result<i64, DbError> {
    let newest: Option<i64> = connections::table
        .filter(connections::store_id.eq(id(store_id)))
        .filter(connections::mode.eq(mode.as_str()))
        .select(max(connections::secret_version))
        .get_result(conn)
        .await?;
    Ok(newest.unwrap_or(0) + 1)
}

/// The store's current connections, test before live.
pub async fn list(conn: &mut Conn, store_id: StoreId) -> Result<Vec<Connection>, DbError> {
    connections::table
        .filter(connections::store_id.eq(id(store_id)))
        .filter(connections::replaced_at.is_null())
        .order(connections::mode.desc())
        .select(columns::<Connection>())
        .load(conn)
        .await
}

/// Which account a store uses in a mode now.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct StoreAccount {
    /// The tenant.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// Stripe's `acct_…`.
    pub account_id: String,
}

/// The current accounts of all stores, connected last first, at most `limit`: for the gateway's own upkeep.
pub async fn list_accounts(conn: &mut Conn, limit: i64) -> Result<Vec<StoreAccount>, DbError> {
    connections::table
        .filter(connections::replaced_at.is_null())
        .order((
            connections::connected_at.desc(),
            connections::store_id.asc(),
        ))
        .limit(limit)
        .select(columns::<StoreAccount>())
        .load(conn)
        .await
}

/// Makes these the mode's current keys. Those of another account stay as a former connection.
pub async fn put(
    conn: &mut Conn,
    store_id: StoreId,
    new: NewConnection,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(
        connections::table
            .filter(connections::store_id.eq(id(store_id)))
            .filter(connections::mode.eq(new.mode.as_str()))
            .filter(connections::account_id.ne(new.account_id.clone()))
            .filter(connections::replaced_at.is_null()),
    )
    .set(connections::replaced_at.eq(at(now)))
    .execute(conn)
    .await?;
    diesel::insert_into(connections::table)
        .values((
            connections::store_id.eq(id(store_id)),
            connections::mode.eq(new.mode.as_str()),
            connections::account_id.eq(new.account_id),
            connections::publishable_key.eq(new.publishable_key),
            connections::country.eq(new.country),
            connections::default_currency.eq(new.default_currency),
            connections::charges_enabled.eq(new.charges_enabled),
            connections::secret_version.eq(new.secret_version),
            connections::secret_key_id.eq(new.secret.key_id),
            connections::secret_token.eq(new.secret.token),
            connections::reconnect_needed.eq(false),
            connections::connected_at.eq(at(now)),
            connections::is_stand_in.eq(new.is_stand_in),
        ))
        .on_conflict((
            connections::store_id,
            connections::mode,
            connections::account_id,
        ))
        .do_update()
        .set((
            connections::publishable_key.eq(excluded(connections::publishable_key)),
            connections::country.eq(excluded(connections::country)),
            connections::default_currency.eq(excluded(connections::default_currency)),
            connections::charges_enabled.eq(excluded(connections::charges_enabled)),
            connections::secret_version.eq(excluded(connections::secret_version)),
            connections::secret_key_id.eq(excluded(connections::secret_key_id)),
            connections::secret_token.eq(excluded(connections::secret_token)),
            connections::reconnect_needed.eq(false),
            connections::connected_at.eq(excluded(connections::connected_at)),
            connections::last_error.eq(None::<String>),
            connections::replaced_at.eq(None::<At>),
            connections::is_stand_in.eq(excluded(connections::is_stand_in)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers that Stripe refused the key, unless it has been replaced meanwhile: then `None`. Otherwise the account.
pub async fn mark_reconnect_needed(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    secret_version: i64,
    error: &str,
) -> Result<Option<String>, DbError> {
    let accounts: Vec<String> = diesel::update(
        connections::table
            .filter(connections::store_id.eq(id(store_id)))
            .filter(connections::mode.eq(mode.as_str()))
            .filter(connections::secret_version.eq(secret_version)),
    )
    .set((
        connections::reconnect_needed.eq(true),
        connections::last_error.eq(error.to_owned()),
    ))
    .returning(connections::account_id)
    .load(conn)
    .await?;
    Ok(accounts.into_iter().next())
}

/// Remembers that Stripe accepts the key after all, unless it has been replaced meanwhile. Tells whether that is news.
pub async fn mark_key_accepted(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    secret_version: i64,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        connections::table
            .filter(connections::store_id.eq(id(store_id)))
            .filter(connections::mode.eq(mode.as_str()))
            .filter(connections::secret_version.eq(secret_version))
            .filter(connections::reconnect_needed.eq(true)),
    )
    .set((
        connections::reconnect_needed.eq(false),
        connections::last_error.eq(None::<String>),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// What Stripe says of an account now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFacts {
    /// Two-letter country of the account.
    pub country: Option<String>,
    /// The account's own currency.
    pub default_currency: Option<String>,
    /// Stripe's `charges_enabled`.
    pub charges_enabled: bool,
}

/// Brings a connection's account up to date.
pub async fn set_account_facts(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    facts: AccountFacts,
) -> Result<(), DbError> {
    diesel::update(
        connections::table
            .filter(connections::store_id.eq(id(store_id)))
            .filter(connections::mode.eq(mode.as_str()))
            .filter(connections::account_id.eq(account_id.to_owned())),
    )
    .set((
        connections::country.eq(facts.country),
        connections::default_currency.eq(facts.default_currency),
        connections::charges_enabled.eq(facts.charges_enabled),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether nothing can be done in an account, current or former, until it is connected: Stripe refused its key, or there is
/// none. Whoever connects it meanwhile waits for the end of this transaction, and then finds what it stored.
pub async fn is_paused(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<bool, DbError> {
    // Writing what is there locks the row, whichever engine.
    let refused: Vec<bool> = diesel::update(
        connections::table
            .filter(connections::store_id.eq(id(store_id)))
            .filter(connections::mode.eq(mode.as_str()))
            .filter(connections::account_id.eq(account_id.to_owned())),
    )
    .set(connections::reconnect_needed.eq(connections::reconnect_needed))
    .returning(connections::reconnect_needed)
    .load(conn)
    .await?;
    Ok(refused.into_iter().all(|refused| refused))
}
