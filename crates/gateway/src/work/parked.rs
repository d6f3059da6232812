//! Events that were given up: put aside where a person sees it, on the connection and on the order.

use db::Conn;
use db::inbox::{ClaimedEvent, EventState};
use domain::connection_problem::ConnectionProblem;
use domain::incident::Incident;
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::app::App;
use crate::error::ApiError;
use crate::orders::attention;
use crate::timeline::Cause;

/// Puts an event aside after its last attempt.
pub(super) async fn park(app: &App, event: &ClaimedEvent, code: &str) -> Result<(), ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // The order before the event, as settling does it.
    report(&mut tx, event, now).await?;
    if !db::inbox::finish(&mut tx, event, EventState::Parked, Some(code), now).await? {
        return Ok(tx.rollback().await?);
    }
    refresh(&mut tx, event.store_id, event.mode, &event.account_id, now).await?;
    tx.commit().await?;
    tracing::error!(store_id = %event.store_id, event_id = event.event_id, code, "an event is parked: a person has to look");
    Ok(())
}

async fn report(conn: &mut Conn, event: &ClaimedEvent, now: Timestamp) -> Result<(), ApiError> {
    let Some(intent) = &event.object_id else {
        return Ok(());
    };
    let payment = db::payments::find_by_intent(conn, event.store_id, intent).await?;
    let order_id = payment
        .filter(|payment| payment.mode == event.mode)
        .and_then(|payment| payment.order_id);
    if let Some(order_id) = order_id {
        let (incident, cause) = (Incident::EventParked, Cause::Event(&event.event_id));
        attention::open(conn, event.store_id, order_id, incident, cause, now).await?;
    }
    Ok(())
}

/// Brings the connection's problem up to date: open with the number of parked events, or resolved where there is none.
/// Belongs into the transaction that parks or replays.
pub async fn refresh(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    now: Timestamp,
) -> Result<(), ApiError> {
    let problem = ConnectionProblem::EventsParked;
    // A problem belongs to a connection; an event may have outlived its own.
    let connection = db::connections::find_account(conn, store_id, mode, account_id).await?;
    if connection.is_none() {
        return Ok(());
    }
    // Writing the row first lets two who park at once count one after the other.
    db::connection_problems::open(conn, store_id, mode, account_id, problem, None, now).await?;
    let parked = db::inbox::count_parked(conn, store_id, mode, account_id).await?;
    if parked == 0 {
        db::connection_problems::resolve(conn, store_id, mode, account_id, problem).await?;
    } else {
        let detail = parked.to_string();
        db::connection_problems::open(
            conn,
            store_id,
            mode,
            account_id,
            problem,
            Some(&detail),
            now,
        )
        .await?;
    }
    Ok(())
}
