//! What was planned while a clock of ours was ahead: it would sleep until the clocks come there.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use jiff::{SignedDuration, Timestamp};

use crate::columns::at;
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{
    connection_jobs as jobs, orders, payment_actions as actions, payments, refunds,
    stripe_events as events,
};
use crate::{Db, DbError};

/// How far ahead each thing is planned at most, leases and Stripe's `Retry-After` included.
#[derive(Debug, Clone, Copy)]
pub struct Farthest {
    /// Jobs of connections.
    pub jobs: SignedDuration,
    /// Looks at open payments.
    pub payments: SignedDuration,
    /// Tries of events.
    pub events: SignedDuration,
    /// Tries of captures, cancellations and refunds.
    pub actions: SignedDuration,
    /// The end of the time for which unpaid orders keep their pieces.
    pub stock: SignedDuration,
}

/// Makes due now what is planned farther ahead than anything is; unpaid orders keep their pieces until `stock_until` instead.
/// Returns how much that was.
pub async fn recall(
    db: &Db,
    farthest: Farthest,
    stock_until: Timestamp,
    now: Timestamp,
) -> Result<usize, DbError> {
    let beyond = |ahead| at(now.saturating_add(ahead).unwrap_or(Timestamp::MAX));
    let mut tx = db.begin().await?;
    let conn: &mut Conn = &mut tx;
    // Each condition is that of an index, word by word.
    let mut recalled = 0;
    for job in ["health", "reconcile"] {
        let of_kind = jobs::table.filter(jobs::job.eq(job));
        let late = of_kind.filter(jobs::next_run_at.gt(beyond(farthest.jobs)));
        recalled += diesel::update(late)
            .set(jobs::next_run_at.eq(at(now)))
            .execute(conn)
            .await?;
    }
    let open = payments::table.filter(sql::<Bool>("status IN ('open', 'authorized')"));
    let late = open.filter(payments::next_check_at.gt(beyond(farthest.payments)));
    recalled += diesel::update(late)
        .set(payments::next_check_at.eq(at(now)))
        .execute(conn)
        .await?;
    let pending = events::table.filter(sql::<Bool>("state IN ('received', 'processing')"));
    let late = pending.filter(events::next_attempt_at.gt(beyond(farthest.events)));
    recalled += diesel::update(late)
        .set(events::next_attempt_at.eq(at(now)))
        .execute(conn)
        .await?;
    let due = actions::table.filter(sql::<Bool>("state = 'due'"));
    let late = due.filter(actions::next_attempt_at.gt(beyond(farthest.actions)));
    recalled += diesel::update(late)
        .set(actions::next_attempt_at.eq(at(now)))
        .execute(conn)
        .await?;
    let unknown = refunds::table.filter(sql::<Bool>("status = 'creating'"));
    let late = unknown.filter(refunds::next_attempt_at.gt(beyond(farthest.actions)));
    recalled += diesel::update(late)
        .set(refunds::next_attempt_at.eq(at(now)))
        .execute(conn)
        .await?;
    let keeping = orders::table.filter(orders::stock_until.is_not_null());
    let late = keeping.filter(orders::stock_until.gt(beyond(farthest.stock)));
    recalled += diesel::update(late)
        .set(orders::stock_until.eq(at(stock_until)))
        .execute(conn)
        .await?;
    tx.commit().await?;
    Ok(recalled)
}
