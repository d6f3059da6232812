//! How far the events of each account have been listed. A pass lists backwards in time, page by page, and may be cut short.

use diesel::prelude::*;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, MaybeAt, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::reconcile_cursors as cursors;

/// How far an account's events have been listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Every event that Stripe made before this is in the inbox. By Stripe's clock, not ours.
    pub seen_until: Timestamp,
    /// The pass that is under way.
    pub pass: Option<Pass>,
}

/// A pass over the events since [`Cursor::seen_until`], from the newest one backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// What [`Cursor::seen_until`] becomes once the pass is complete.
    pub until: Timestamp,
    /// The oldest event that it has stored so far: it goes on after this one.
    pub after: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = cursors)]
struct Row {
    #[diesel(deserialize_as = At)]
    seen_until: Timestamp,
    #[diesel(deserialize_as = MaybeAt)]
    pass_until: Option<Timestamp>,
    pass_after: Option<String>,
}

/// The account's cursor; `None` before its first pass.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<Option<Cursor>, DbError> {
    let row: Option<Row> = cursors::table
        .filter(cursors::store_id.eq(id(store_id)))
        .filter(cursors::mode.eq(mode.as_str()))
        .filter(cursors::account_id.eq(account_id.to_owned()))
        .select(columns::<Row>())
        .first(conn)
        .await?;
    Ok(row.map(|row| Cursor {
        seen_until: row.seen_until,
        pass: row
            .pass_until
            .zip(row.pass_after)
            .map(|(until, after)| Pass { until, after }),
    }))
}

/// Begins the account's cursor, unless there is one.
pub async fn start(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    seen_until: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(cursors::table)
        .values((
            cursors::store_id.eq(id(store_id)),
            cursors::mode.eq(mode.as_str()),
            cursors::account_id.eq(account_id.to_owned()),
            cursors::seen_until.eq(at(seen_until)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves the cursor on from where it was read. `false` if somebody else has moved it: what they list is theirs, read it again.
pub async fn advance(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    from: &Cursor,
    to: &Cursor,
) -> Result<bool, DbError> {
    let as_read = cursors::table
        .filter(cursors::store_id.eq(id(store_id)))
        .filter(cursors::mode.eq(mode.as_str()))
        .filter(cursors::account_id.eq(account_id.to_owned()))
        .filter(cursors::seen_until.eq(at(from.seen_until)));
    let moved = (
        cursors::seen_until.eq(at(to.seen_until)),
        cursors::pass_until.eq(to.pass.as_ref().map(|pass| at(pass.until))),
        cursors::pass_after.eq(to.pass.as_ref().map(|pass| pass.after.clone())),
    );
    let changed = match &from.pass {
        None => {
            diesel::update(as_read.filter(cursors::pass_after.is_null()))
                .set(moved)
                .execute(conn)
                .await?
        }
        Some(pass) => {
            let same = as_read
                .filter(cursors::pass_until.eq(at(pass.until)))
                .filter(cursors::pass_after.eq(pass.after.clone()));
            diesel::update(same).set(moved).execute(conn).await?
        }
    };
    Ok(changed == 1)
}
