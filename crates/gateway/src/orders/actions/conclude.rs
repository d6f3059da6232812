//! How an action ends, and what follows from it for the order, in one transaction.

use db::Conn;
use db::payment_actions::{self, Action, ActionState, PaymentAction};
use db::payments::PaymentState;
use domain::incident::Incident;
use domain::order::OrderStatus;
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::json;

use crate::error::ApiError;
use crate::orders::place::order_busy;
use crate::orders::{attention, stock};
use crate::timeline::{self, Cause};

/// How an action ends.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// `Done` or `Refused`.
    pub state: ActionState,
    /// What made it end.
    pub cause: Cause<'a>,
    /// Why it was given up, by code.
    pub last_error: Option<&'a str>,
}

/// Ends an action once, and does what follows: an order whose payment was cancelled for it is cancelled with it.
pub async fn conclude(
    conn: &mut Conn,
    store_id: StoreId,
    action: &PaymentAction,
    ending: Ending<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Ending {
        state,
        cause,
        last_error,
    } = ending;
    if !payment_actions::finish(conn, store_id, action.id, state, last_error, now).await? {
        return Ok(());
    }
    if (action.action, state) == (Action::Cancel, ActionState::Done) {
        close_payment(conn, store_id, action, now).await?;
    }
    let payment = db::payments::find(conn, store_id, action.payment_id).await?;
    let Some((order_id, payment_state)) =
        payment.and_then(|payment| Some((payment.order_id?, payment.status)))
    else {
        if (action.action, state) == (Action::Cancel, ActionState::Refused) {
            tracing::warn!(%store_id, payment_id = %action.payment_id, "a payment without an order could not be given free: its money was taken");
        }
        return Ok(());
    };
    let kind = format!("{}.{}", action.action.as_str(), state.as_str());
    let detail = json!({ "wanted_by": action.actor, "amount": action.amount_minor, "attempts": action.attempts, "code": last_error });
    timeline::note(conn, store_id, order_id, &kind, cause, &detail, now).await?;
    match (action.action, state) {
        (Action::Capture, ActionState::Done) => {
            let incident = Incident::CaptureFailed;
            attention::resolve(conn, store_id, order_id, incident, cause, now).await?;
        }
        // A hold that has ended is told by its own name.
        (Action::Capture, _) if payment_state == PaymentState::Canceled => {}
        (Action::Capture, _) => report_capture(conn, store_id, action, cause, now).await?,
        (Action::Cancel, ActionState::Done) => {
            cancel_order(conn, store_id, order_id, cause, now).await?;
        }
        (Action::Cancel, _) => {}
    }
    Ok(())
}

/// Our record of a payment that Stripe has cancelled, where settling did not say so already.
async fn close_payment(
    conn: &mut Conn,
    store_id: StoreId,
    action: &PaymentAction,
    now: Timestamp,
) -> Result<(), ApiError> {
    let payment = db::payments::find(conn, store_id, action.payment_id).await?;
    if let Some(payment) = payment
        && !matches!(
            payment.status,
            PaymentState::Canceled | PaymentState::Succeeded
        )
    {
        let state = PaymentState::Canceled;
        db::payments::set_state(conn, store_id, &payment, state, 0, now).await?;
    }
    Ok(())
}

/// The order that an action's payment pays.
pub async fn order_of(
    conn: &mut Conn,
    store_id: StoreId,
    action: &PaymentAction,
) -> Result<Option<OrderId>, ApiError> {
    let payment = db::payments::find(conn, store_id, action.payment_id).await?;
    Ok(payment.and_then(|payment| payment.order_id))
}

/// Cancels an order in the transaction of what decides it: its stock goes back, once. Whether it may be cancelled was decided
/// before; one that is cancelled already stays so.
pub async fn cancel_order(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(order) = db::orders::find(conn, store_id, order_id).await? else {
        return Ok(());
    };
    if order.status == OrderStatus::Cancelled {
        return Ok(());
    }
    if !order.status.can_become(OrderStatus::Cancelled)
        || !db::orders::cancel(conn, &order, now).await?
    {
        return Err(order_busy());
    }
    let (subject, actor) = (order.id.to_string(), super::request::actor(cause));
    db::audit::record(conn, store_id, &actor, "order.cancelled", &subject, now).await?;
    let detail =
        json!({ "status": OrderStatus::Cancelled, "payment_status": order.payment_status });
    let kind = "order.cancelled";
    timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await?;
    for settled in [
        Incident::AuthorizationExpiring,
        Incident::AuthorizationExpired,
        Incident::CaptureFailed,
    ] {
        attention::resolve(conn, store_id, order_id, settled, cause, now).await?;
    }
    stock::give_back(conn, store_id, order_id, cause, now).await?;
    tracing::info!(%store_id, %order_id, "order cancelled");
    Ok(())
}

/// Tells a person that the money of an order could not be taken.
pub async fn report_capture(
    conn: &mut Conn,
    store_id: StoreId,
    action: &PaymentAction,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(order_id) = order_of(conn, store_id, action).await? else {
        return Ok(());
    };
    let incident = Incident::CaptureFailed;
    attention::open(conn, store_id, order_id, incident, cause, now).await
}
