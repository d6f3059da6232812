//! Claims: which stores have something to do, who works on what, and for how long.
//!
//! A claim ends with its lease. It is fenced by the number of the attempt: a worker whose lease ran out finds another
//! number, and what it stores is rolled back.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::{Mode, StoreId};
use jiff::Timestamp;
use uuid::Uuid;

use super::Source;
use crate::columns::{At, Id, Instant, Uid, Word, at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::postgres::deadlines::answered;
use crate::dialect::{postgres, sqlite};
use crate::{Db, DbError};

/// How many events of a store a worker would take.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The store.
    pub store_id: StoreId,
    /// At most so many.
    pub up_to: i64,
}

/// An event that a worker holds.
#[derive(Debug, Clone)]
pub struct ClaimedEvent {
    /// Its store.
    pub store_id: StoreId,
    /// Its account.
    pub account_id: String,
    /// Its mode.
    pub mode: Mode,
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// When Stripe made it; part of the key.
    pub created_at: Timestamp,
    /// Stripe's `type`.
    pub event_type: String,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// Whether we found it in Stripe's list, and no webhook brought it.
    pub is_found: bool,
    /// This attempt's number, from 1; also the fence.
    pub attempts: i64,
}

/// Takes due events of these stores, each store's longest due first, until `lease_until`. An event whose lease ran out
/// is due again. A store of which fewer came than were wanted has no others that nobody holds.
pub async fn claim(
    db: &Db,
    wanted: &[Wanted],
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedEvent>, DbError> {
    let mut conn = db.writer().await?;
    let rows = match &mut conn {
        Conn::Pg(conn) => answered(postgres::queue::claim(conn, wanted, lease_until, now)).await,
        Conn::Sqlite(conn) => sqlite::queue::claim(conn, wanted, lease_until, now).await,
    };
    conn.end(rows)?
        .into_iter()
        .map(ClaimedEvent::try_from)
        .collect()
}

/// Moves the end of these claims' leases; to now or before, it gives them back. Returns the places in `held` of the
/// claims that were lost.
pub async fn renew(
    db: &Db,
    held: &[ClaimedEvent],
    lease_until: Timestamp,
) -> Result<Vec<usize>, DbError> {
    let mut conn = db.writer().await?;
    let still = match &mut conn {
        Conn::Pg(conn) => answered(postgres::queue::renew(conn, held, lease_until)).await,
        Conn::Sqlite(conn) => sqlite::queue::renew(conn, held, lease_until).await,
    };
    let still: HashSet<i64> = conn
        .end(still)?
        .into_iter()
        .map(|place| place.place)
        .collect();
    let places = (0..).zip(0..held.len());
    Ok(places
        .filter(|(place, _)| !still.contains(place))
        .map(|(_, place)| place)
        .collect())
}

/// Makes what a predecessor held due at once, where there can be no other gateway: on `SQLite` a file has one process.
/// On `PostgreSQL` another one may be at work, and leases run out by themselves. Returns how many that were.
pub async fn take_over(db: &Db, now: Timestamp) -> Result<usize, DbError> {
    let mut conn = db.writer().await?;
    if let Conn::Pg(_) = conn {
        return Ok(0);
    }
    diesel::sql_query(sqlite::queue::TAKE_OVER)
        .bind::<Instant, _>(at(now))
        .bind::<Instant, _>(at(now))
        .execute(&mut conn)
        .await
}

/// A part of the stores that have events to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Those of which an event is due.
    pub due: Vec<StoreId>,
    /// Where to go on; `None` once all were looked at.
    pub next_after: Option<StoreId>,
}

/// Looks at `visits` stores with events that are due, planned or held, in the order of their ids after `after`. What it
/// costs depends on the number of these stores, not on how many events each has.
pub async fn scan(
    db: &Db,
    after: Option<StoreId>,
    visits: i64,
    now: Timestamp,
) -> Result<Scanned, DbError> {
    let after = after.map_or_else(|| id(Uuid::nil()), id);
    let mut conn = db.read().await?;
    let rows = match &mut conn {
        Conn::Pg(conn) => answered(postgres::queue::scan(conn, after, now, visits)).await,
        Conn::Sqlite(conn) => sqlite::queue::scan(conn, after, now, visits).await,
    };
    let rows = conn.end(rows)?;
    let was_cut = i64::try_from(rows.len()).is_ok_and(|visited| visited >= visits);
    Ok(Scanned {
        next_after: rows
            .last()
            .filter(|_| was_cut)
            .map(|row| row.store_id.into()),
        due: rows
            .into_iter()
            .filter(|row| row.is_due)
            .map(|row| row.store_id.into())
            .collect(),
    })
}

#[derive(Queryable, QueryableByName)]
pub(crate) struct ClaimedRow {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Text)]
    account_id: String,
    #[diesel(sql_type = Text)]
    mode: Word,
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Instant)]
    created_at: At,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    object_id: Option<String>,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
}

impl TryFrom<ClaimedRow> for ClaimedEvent {
    type Error = DbError;

    fn try_from(row: ClaimedRow) -> Result<Self, DbError> {
        Ok(Self {
            store_id: row.store_id.into(),
            account_id: row.account_id,
            mode: row
                .mode
                .try_into()
                .map_err(|error| DbError::Corrupt(Box::new(error)))?,
            event_id: row.event_id,
            created_at: row.created_at.into(),
            event_type: row.event_type,
            object_id: row.object_id,
            is_found: row.source == Source::Reconcile.as_str(),
            attempts: row.attempts,
        })
    }
}

/// A place in a list, from 0.
#[derive(QueryableByName)]
pub(crate) struct Place {
    #[diesel(sql_type = BigInt)]
    pub(crate) place: i64,
}

#[derive(QueryableByName)]
pub(crate) struct StoreRow {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Bool)]
    is_due: bool,
}
