//! Shoppers who let a store keep a way to pay: one row per store, mode, account and e-mail address.

use diesel::prelude::*;
use domain::{CustomerId, Mode, StoreId};
use jiff::{SignedDuration, Timestamp};

use crate::DbError;
use crate::columns::{At, Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::customers;

/// A customer.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = customers)]
pub struct Customer {
    /// Our id.
    #[diesel(deserialize_as = Id)]
    pub id: CustomerId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The account that knows the customer.
    pub account_id: String,
    /// Stripe's `cus_…`, once known.
    pub stripe_customer_id: Option<String>,
    /// When the row was written.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// Later with every change of the row, even where the clock stands still.
    #[diesel(deserialize_as = At)]
    pub updated_at: Timestamp,
}

impl Customer {
    /// When a change at `now` is written down.
    fn next_update(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at + SignedDuration::from_micros(1))
    }
}

/// Writes a customer before Stripe is asked; nothing where this address has one already. `email_hash` is a keyed hash.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    customer: &Customer,
    email_hash: &str,
) -> Result<(), DbError> {
    diesel::insert_into(customers::table)
        .values((
            customers::store_id.eq(id(store_id)),
            customers::id.eq(id(customer.id)),
            customers::mode.eq(customer.mode.as_str()),
            customers::account_id.eq(customer.account_id.clone()),
            customers::stripe_customer_id.eq(customer.stripe_customer_id.clone()),
            customers::email_hash.eq(email_hash.to_owned()),
            customers::created_at.eq(at(customer.created_at)),
            customers::updated_at.eq(at(customer.updated_at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The customers of an address, one for each account that knows it: under any of these keyed hashes.
pub async fn list_by_email(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    email_hashes: &[String],
) -> Result<Vec<Customer>, DbError> {
    customers::table
        .filter(customers::store_id.eq(id(store_id)))
        .filter(customers::mode.eq(mode.as_str()))
        .filter(customers::email_hash.eq_any(email_hashes.to_vec()))
        .order(customers::id.asc())
        .select(columns::<Customer>())
        .load(conn)
        .await
}

/// One of the store's.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    customer_id: CustomerId,
) -> Result<Option<Customer>, DbError> {
    customers::table
        .filter(customers::store_id.eq(id(store_id)))
        .filter(customers::id.eq(id(customer_id)))
        .select(columns::<Customer>())
        .first(conn)
        .await
}

/// Remembers the id that Stripe gave; `false` if the row was changed since it was read.
pub async fn set_stripe_id(
    conn: &mut Conn,
    store_id: StoreId,
    customer: &Customer,
    stripe_customer_id: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    change(conn, store_id, customer, Some(stripe_customer_id), now).await
}

/// Forgets what Stripe has under the customer: it is not there any more, or was never made. `false` if the row was changed since
/// it was read.
pub async fn forget_stripe_id(
    conn: &mut Conn,
    store_id: StoreId,
    customer: &Customer,
    now: Timestamp,
) -> Result<bool, DbError> {
    change(conn, store_id, customer, None, now).await
}

async fn change(
    conn: &mut Conn,
    store_id: StoreId,
    customer: &Customer,
    stripe_customer_id: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        customers::table
            .filter(customers::store_id.eq(id(store_id)))
            .filter(customers::id.eq(id(customer.id)))
            .filter(customers::updated_at.eq(at(customer.updated_at))),
    )
    .set((
        customers::stripe_customer_id.eq(stripe_customer_id.map(str::to_owned)),
        customers::updated_at.eq(at(customer.next_update(now))),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
