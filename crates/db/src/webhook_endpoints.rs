//! The endpoints that we registered in merchants' accounts: at most one for each connection.

use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, MaybeAt, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::webhook_endpoints as endpoints;

/// An endpoint of ours at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = endpoints)]
pub struct RegisteredEndpoint {
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
    /// Stripe's `we_…`.
    pub endpoint_id: String,
    /// Where Stripe delivers.
    pub url: String,
    /// The version in which its events are rendered.
    pub api_version: String,
    /// Since when it has been as it is.
    #[diesel(deserialize_as = At)]
    pub registered_at: Timestamp,
    /// When the first event came in after that, once somebody has looked; see [`RegisteredEndpoint::has_delivered`].
    #[diesel(deserialize_as = MaybeAt)]
    pub first_delivery_at: Option<Timestamp>,
}

impl RegisteredEndpoint {
    /// Whether an event has come in since, by the connection's `last_event_at`.
    pub fn has_delivered(&self, last_event_at: Option<Timestamp>) -> bool {
        self.first_delivery_at.is_some() || last_event_at >= Some(self.registered_at)
    }
}

/// The endpoint of a connection.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<Option<RegisteredEndpoint>, DbError> {
    endpoints::table
        .filter(endpoints::store_id.eq(id(store_id)))
        .filter(endpoints::mode.eq(mode.as_str()))
        .filter(endpoints::account_id.eq(account_id.to_owned()))
        .select(columns::<RegisteredEndpoint>())
        .first(conn)
        .await
}

/// The endpoints of all the store's connections, former ones too.
pub async fn list(conn: &mut Conn, store_id: StoreId) -> Result<Vec<RegisteredEndpoint>, DbError> {
    endpoints::table
        .filter(endpoints::store_id.eq(id(store_id)))
        .order((endpoints::mode.desc(), endpoints::account_id.asc()))
        .select(columns::<RegisteredEndpoint>())
        .load(conn)
        .await
}

/// Makes this the connection's endpoint.
pub async fn put(
    conn: &mut Conn,
    store_id: StoreId,
    endpoint: RegisteredEndpoint,
) -> Result<(), DbError> {
    diesel::insert_into(endpoints::table)
        .values((
            endpoints::store_id.eq(id(store_id)),
            endpoints::mode.eq(endpoint.mode.as_str()),
            endpoints::account_id.eq(endpoint.account_id),
            endpoints::endpoint_id.eq(endpoint.endpoint_id),
            endpoints::url.eq(endpoint.url),
            endpoints::api_version.eq(endpoint.api_version),
            endpoints::registered_at.eq(at(endpoint.registered_at)),
            endpoints::first_delivery_at.eq(endpoint.first_delivery_at.map(at)),
        ))
        .on_conflict((endpoints::store_id, endpoints::mode, endpoints::account_id))
        .do_update()
        .set((
            endpoints::endpoint_id.eq(excluded(endpoints::endpoint_id)),
            endpoints::url.eq(excluded(endpoints::url)),
            endpoints::api_version.eq(excluded(endpoints::api_version)),
            endpoints::registered_at.eq(excluded(endpoints::registered_at)),
            endpoints::first_delivery_at.eq(excluded(endpoints::first_delivery_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the first delivery to an endpoint, unless one was noted before.
pub async fn mark_delivered(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    endpoint_id: &str,
    first_delivery_at: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        endpoints::table
            .filter(endpoints::store_id.eq(id(store_id)))
            .filter(endpoints::mode.eq(mode.as_str()))
            .filter(endpoints::endpoint_id.eq(endpoint_id.to_owned()))
            .filter(endpoints::first_delivery_at.is_null()),
    )
    .set(endpoints::first_delivery_at.eq(at(first_delivery_at)))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
