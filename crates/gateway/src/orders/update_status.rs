//! `POST /orders/{order_id}/status`, with a store API key: moves an order on; where the store captures at that status, the money
//! that is held is taken.

use actix_web::{HttpResponse, web};
use db::Conn;
use db::orders::Order;
use db::payment_actions::{self, Action, PaymentAction};
use db::payments::PaymentState;
use domain::OrderId;
use domain::order::{OrderStatus, PaymentStatus};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::access::find_of_key;
use super::actions::perform;
use super::actions::request::{First, Wanted, action_pending, actor, request};
use super::rounds;
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::Json;
use crate::openapi::words;
use crate::timeline::{self, Cause};

/// Where to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStatus)]
pub struct StatusRequest {
    #[schema(value_type = words::OrderStatusWord)]
    status: String,
}

/// Answers with the order as it stands afterwards; the same status again changes nothing. A capture that Stripe does not do
/// at once is tried until it is done: the order moves all the same.
pub async fn update_status(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    Json(body): Json<StatusRequest>,
) -> Result<HttpResponse, ApiError> {
    let wanted: OrderStatus = body.status.parse().map_err(|_| {
        let words = "Send one of confirmed, shipped and completed.";
        ApiError::malformed("invalid_value", words).param("status")
    })?;
    let order = find_of_key(&app, &caller, &path.1).await?;
    let key_id = caller.key.id.to_string();
    let cause = Cause::ApiKey(&key_id);
    let moved = rounds::write(&app, async |conn, now| {
        move_to(conn, &caller, order.id, wanted, cause, now).await
    });
    if let Some(action) = moved.await?
        && let Err(error) = perform::perform(&app, order.store_id, &action, cause).await
    {
        tracing::warn!(store_id = %order.store_id, order_id = %order.id, ?error, "the order's payment is taken later");
    }
    reply(&app, order).await
}

/// The order as it stands now, for its merchant.
pub(super) async fn reply(app: &App, order: Order) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let fresh = db::orders::find(&mut conn, order.store_id, order.id).await?;
    let order = fresh.unwrap_or(order);
    let reply = OrderReply::load(app, &mut conn, &order, Audience::Merchant).await?;
    Ok(HttpResponse::Ok().json(reply))
}

/// Moves the order. Gives the capture that this asks for; `None` if somebody moved the order at this moment.
async fn move_to(
    conn: &mut Conn,
    caller: &StoreKey,
    order_id: OrderId,
    wanted: OrderStatus,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Option<Option<PaymentAction>>, ApiError> {
    let order = db::orders::find(conn, caller.store.id, order_id)
        .await?
        .ok_or_else(|| ApiError::not_found("order"))?;
    if order.status != wanted && !is_step(order.status, wanted) {
        return Err(status_conflict(order.status));
    }
    let captures = is_capture_point(&caller.store.capture_on, wanted)
        && order.payment_status == PaymentStatus::Authorized;
    if order.status == wanted && !captures {
        return Ok(Some(None));
    }
    // From here on the order's row is ours, against a cancellation that begins at this moment.
    if !db::orders::set_state(conn, &order, wanted, order.payment_status, now).await? {
        return Ok(None);
    }
    let action = capture(conn, &order, captures, cause, now).await?;
    if order.status != wanted {
        note(conn, &order, wanted, cause, now).await?;
    }
    Ok(Some(action))
}

/// Cancelling is more than a move: money and stock go with it.
fn is_step(from: OrderStatus, to: OrderStatus) -> bool {
    to != OrderStatus::Cancelled && from.can_become(to)
}

/// Whether the status is the one at which the store captures, or a later one.
fn is_capture_point(capture_on: &str, status: OrderStatus) -> bool {
    let point: Option<OrderStatus> = capture_on.parse().ok();
    point.is_some_and(|point| status == point || is_step(point, status))
}

/// Asks for the capture; 409 if the order is being cancelled.
async fn capture(
    conn: &mut Conn,
    order: &Order,
    captures: bool,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Option<PaymentAction>, ApiError> {
    let payment = db::payments::find_open_by_order(conn, order.store_id, order.id).await?;
    let Some(payment) = payment else {
        return Ok(None);
    };
    let due = payment_actions::find_due(conn, order.store_id, payment.id).await?;
    if let Some(due) = due {
        return match due.action {
            Action::Cancel => Err(action_pending(&due)),
            Action::Capture => Ok(None),
        };
    }
    if !captures || payment.status != PaymentState::Authorized {
        return Ok(None);
    }
    let wanted = Wanted {
        payment: &payment,
        order_id: Some(order.id),
        action: Action::Capture,
        amount_minor: None,
        cause,
        first: First::Writer,
    };
    request(conn, order.store_id, &wanted, now).await
}

async fn note(
    conn: &mut Conn,
    order: &Order,
    status: OrderStatus,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let (store_id, kind) = (order.store_id, format!("order.{status}"));
    let (actor, subject) = (actor(cause), order.id.to_string());
    db::audit::record(conn, store_id, &actor, &kind, &subject, now).await?;
    let detail = json!({ "status": status, "payment_status": order.payment_status });
    timeline::note(conn, store_id, order.id, &kind, cause, &detail, now).await
}

/// 409, with what is allowed.
pub(super) fn status_conflict(status: OrderStatus) -> ApiError {
    let steps: Vec<&str> = OrderStatus::ALL
        .iter()
        .filter(|next| is_step(status, **next))
        .map(|next| next.as_str())
        .collect();
    let mut message = if steps.is_empty() {
        format!("The order is {status}: it moves no further.")
    } else {
        let steps = steps.join(", ");
        format!("The order is {status}. It can become: {steps}.")
    };
    if status.can_become(OrderStatus::Cancelled) {
        message.push_str(" To cancel it, use POST /orders/{id}/cancel.");
    }
    ApiError::conflict("order_status_conflict", message).param("status")
}
