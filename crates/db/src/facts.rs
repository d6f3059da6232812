//! Facts about this deployment, such as the check value of the vault's keys.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::DbError;
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::deployment_facts as facts;

/// Reads a fact.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, DbError> {
    facts::table
        .filter(facts::name.eq(name.to_owned()))
        .select(facts::value)
        .first(conn)
        .await
}

/// Writes a fact unless it is there already; the first writer wins. Returns what is stored now.
pub async fn get_or_set(conn: &mut Conn, name: &str, value: &str) -> Result<String, DbError> {
    diesel::insert_into(facts::table)
        .values((
            facts::name.eq(name.to_owned()),
            facts::value.eq(value.to_owned()),
        ))
        .on_conflict(facts::name)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(get(conn, name).await?.unwrap_or_else(|| value.to_owned()))
}

/// Replaces a fact.
pub async fn set(conn: &mut Conn, name: &str, value: &str) -> Result<(), DbError> {
    diesel::insert_into(facts::table)
        .values((
            facts::name.eq(name.to_owned()),
            facts::value.eq(value.to_owned()),
        ))
        .on_conflict(facts::name)
        .do_update()
        .set(facts::value.eq(value.to_owned()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a turn that comes once until `until`, whichever gateway has it; `false` if the last one has not ended. One that
/// ends later than two such turns from now was taken by a clock that was ahead, and counts for nothing.
pub async fn take(
    conn: &mut Conn,
    name: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    // Of one width, so that the texts compare as the instants do.
    let text = |instant: Timestamp| format!("{:020}", instant.as_microsecond());
    let too_late = until.saturating_add(until.duration_since(now));
    let first = diesel::insert_into(facts::table)
        .values((
            facts::name.eq(name.to_owned()),
            facts::value.eq(text(until)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if first == 1 {
        return Ok(true);
    }
    let taken = diesel::update(
        facts::table.filter(facts::name.eq(name.to_owned())).filter(
            facts::value
                .le(text(now))
                .or(facts::value.gt(text(too_late.unwrap_or(Timestamp::MAX)))),
        ),
    )
    .set(facts::value.eq(text(until)))
    .execute(conn)
    .await?;
    Ok(taken == 1)
}
