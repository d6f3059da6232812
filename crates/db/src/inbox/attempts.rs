//! How the payments of an account ended lately, by the events that were settled.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::card_testing::Attempts;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::EventState;
use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::stripe_events as events;

/// What tells of a decline.
pub const DECLINED: &str = "payment_intent.payment_failed";
/// What tells of money, which is counted once for a payment.
const GOOD: [&str; 2] = [
    "payment_intent.succeeded",
    "payment_intent.amount_capturable_updated",
];

/// Counts what happened at Stripe since then to payments that are this store's own. Only what arrived since then can have
/// happened since then, so the index of the newest events has the answer.
pub async fn count_attempts(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    since: Timestamp,
) -> Result<Attempts, DbError> {
    let settled = events::store_id
        .eq(id(store_id))
        .and(events::mode.eq(mode.as_str()))
        .and(events::account_id.eq(account_id.to_owned()))
        .and(events::received_at.ge(at(since)))
        .and(events::created_at.ge(at(since)))
        .and(events::state.eq(EventState::Processed.as_str()));
    let declined = events::table
        .filter(settled.clone())
        .filter(events::event_type.eq(DECLINED))
        .count()
        .get_result(conn)
        .await?;
    let good = events::table
        .filter(settled)
        .filter(events::event_type.eq_any(GOOD))
        .select(sql::<BigInt>("count(DISTINCT object_id)"))
        .get_result(conn)
        .await?;
    Ok(Attempts { declined, good })
}
