//! Events that were put aside.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::{Mode, StoreId};

use super::EventState;
use crate::DbError;
use crate::columns::id;
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// The condition of the index of events that somebody has to wake. Word by word: with a bound value neither engine would
/// see that the index has the answer.
pub(super) fn is_aside() -> SqlLiteral<Bool> {
    sql("state IN ('waiting', 'parked')")
}

/// How many events of an account wait for a person.
pub async fn count_parked(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
) -> Result<i64, DbError> {
    events::table
        .filter(events::store_id.eq(id(store_id)))
        .filter(events::mode.eq(mode.as_str()))
        .filter(events::account_id.eq(account_id.to_owned()))
        .filter(is_aside())
        .filter(events::state.eq(EventState::Parked.as_str()))
        .count()
        .get_result(conn)
        .await
}
