//! What a person has to know or do about a connection: a row is there as long as the problem is.

use diesel::prelude::*;
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::connection_problems as problems;

/// An open problem of a connection.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = problems)]
pub struct OpenProblem {
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
    /// Its name; see [`ConnectionProblem::from_code`].
    pub code: String,
    /// Names or numbers that belong to it; never a secret.
    pub detail: Option<String>,
    /// Since when.
    #[diesel(deserialize_as = At)]
    pub since: Timestamp,
}

/// Opens a problem, or brings the detail of an open one up to date; who knows none leaves it. Tells whether it is new.
pub async fn open(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    problem: ConnectionProblem,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let detail = detail.map(str::to_owned);
    let inserted = diesel::insert_into(problems::table)
        .values((
            problems::store_id.eq(id(store_id)),
            problems::mode.eq(mode.as_str()),
            problems::account_id.eq(account_id.to_owned()),
            problems::code.eq(problem.code()),
            problems::detail.eq(detail.clone()),
            problems::since.eq(at(now)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let Some(detail) = detail.filter(|_| inserted == 0) else {
        return Ok(inserted == 1);
    };
    diesel::update(
        problems::table
            .filter(problems::store_id.eq(id(store_id)))
            .filter(problems::mode.eq(mode.as_str()))
            .filter(problems::account_id.eq(account_id.to_owned()))
            .filter(problems::code.eq(problem.code())),
    )
    .set(problems::detail.eq(detail))
    .execute(conn)
    .await?;
    Ok(false)
}

/// Closes a problem. Tells whether it was open.
pub async fn resolve(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    problem: ConnectionProblem,
) -> Result<bool, DbError> {
    let deleted = diesel::delete(
        problems::table
            .filter(problems::store_id.eq(id(store_id)))
            .filter(problems::mode.eq(mode.as_str()))
            .filter(problems::account_id.eq(account_id.to_owned()))
            .filter(problems::code.eq(problem.code())),
    )
    .execute(conn)
    .await?;
    Ok(deleted == 1)
}

/// The store's open problems, oldest first.
pub async fn list(conn: &mut Conn, store_id: StoreId) -> Result<Vec<OpenProblem>, DbError> {
    problems::table
        .filter(problems::store_id.eq(id(store_id)))
        .order((problems::since.asc(), problems::code.asc()))
        .select(columns::<OpenProblem>())
        .load(conn)
        .await
}

/// Whether a problem is open.
pub async fn is_open(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    problem: ConnectionProblem,
) -> Result<bool, DbError> {
    let found = problems::table
        .filter(problems::store_id.eq(id(store_id)))
        .filter(problems::mode.eq(mode.as_str()))
        .filter(problems::code.eq(problem.code()))
        .count()
        .get_result::<i64>(conn)
        .await?;
    Ok(found > 0)
}

/// Where a problem is open.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = problems)]
pub struct Place {
    /// The store.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Test or live.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
}

/// Where one kind of problem is open, at all stores, oldest first.
pub async fn list_places(
    conn: &mut Conn,
    problem: ConnectionProblem,
    limit: i64,
) -> Result<Vec<Place>, DbError> {
    problems::table
        .filter(problems::code.eq(problem.code()))
        .order(problems::since.asc())
        .limit(limit)
        .select(columns::<Place>())
        .load(conn)
        .await
}
