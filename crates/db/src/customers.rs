//! Shoppers who let a store keep a way to pay: one row per store, mode, account and e-mail address.

use diesel::prelude::*;
use domain::{CustomerId, Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::customers;

/// A customer.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = customers)]
pub struct Customer {
    /// Our id; also the idempotency key at Stripe.
    #[diesel(deserialize_as = Id)]
    pub id: CustomerId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The account that knows the customer.
    pub account_id: String,
    /// Stripe's `cus_…`, once known.
    pub stripe_customer_id: Option<String>,
}

/// Writes a customer before Stripe is asked; nothing where this address has one already. `email_hash` is a keyed hash.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    customer: &Customer,
    email_hash: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(customers::table)
        .values((
            customers::store_id.eq(id(store_id)),
            customers::id.eq(id(customer.id)),
            customers::mode.eq(customer.mode.as_str()),
            customers::account_id.eq(customer.account_id.clone()),
            customers::stripe_customer_id.eq(customer.stripe_customer_id.clone()),
            customers::email_hash.eq(email_hash.to_owned()),
            customers::created_at.eq(at(now)),
            customers::updated_at.eq(at(now)),
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

/// Remembers the id that Stripe gave.
pub async fn set_stripe_id(
    conn: &mut Conn,
    store_id: StoreId,
    customer_id: CustomerId,
    stripe_customer_id: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(
        customers::table
            .filter(customers::store_id.eq(id(store_id)))
            .filter(customers::id.eq(id(customer_id)))
            .filter(customers::stripe_customer_id.is_null()),
    )
    .set((
        customers::stripe_customer_id.eq(stripe_customer_id.to_owned()),
        customers::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(())
}
