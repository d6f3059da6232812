//! `POST /orders/{order_id}/cancel`, with a store API key. The payment is cancelled at Stripe first, so that no order is cancelled
//! whose money comes at this moment; money that was taken is kept unless a refund is asked for.

use actix_web::{HttpResponse, web};
use db::orders::Order;
use db::payment_actions::{self, Action, ActionState, PaymentAction};
use db::payments::{Payment, PaymentState};
use db::refunds::Refund;
use db::{Conn, DbError};
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};
use jiff::Timestamp;
use serde::Deserialize;
use stripe_http::refunds::Reason;
use utoipa::ToSchema;

use super::access::find_of_key;
use super::actions::conclude::cancel_order as mark_cancelled;
use super::actions::perform;
use super::actions::request::{First, Wanted, action_pending, request};
use super::attention;
use super::place::order_busy;
use super::rounds;
use super::update_status::{reply, status_conflict};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::OptionalJson;
use crate::refunds::carry_out::{Caller, carry_out};
use crate::refunds::plan::{self, Amount, Planned};
use crate::timeline::Cause;

/// What becomes of money that was taken.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Cancellation)]
pub struct CancelRequest {
    #[serde(default)]
    refund: bool,
}

/// Answers with the order, cancelled; an order that is cancelled already stays as it is. Where Stripe cannot cancel the payment
/// now the answer says so, and it is tried until payment and order are cancelled.
pub async fn cancel_order(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    OptionalJson(body): OptionalJson<CancelRequest>,
) -> Result<HttpResponse, ApiError> {
    let order = find_of_key(&app, &caller, &path.1).await?;
    let key_id = caller.key.id.to_string();
    let cause = Cause::ApiKey(&key_id);
    let actor = caller.actor();
    let money = if body.refund {
        Money::Refunded(&actor)
    } else {
        Money::Kept
    };
    let begun = rounds::write(&app, async |conn, now| {
        write(conn, &order, money, cause, now).await
    });
    let state = match begun.await? {
        Begun::Done => ActionState::Done,
        Begun::Refund(payment, refund) => {
            send_back(&app, &order, &payment, refund, cause).await;
            ActionState::Done
        }
        Begun::New(action) => perform::perform(&app, order.store_id, &action, cause).await?,
        Begun::Before(action) => perform::resume(&app, order.store_id, &action, cause).await?,
    };
    if state == ActionState::Refused {
        return Err(paid_meanwhile());
    }
    reply(&app, order).await
}

/// What becomes of money that was taken.
#[derive(Clone, Copy)]
enum Money<'a> {
    /// It stays, and a person is told.
    Kept,
    /// All that is left of it goes back, because this one wants it.
    Refunded(&'a str),
}

enum Begun {
    /// The order is cancelled, and this refund is written.
    Refund(Box<Payment>, Box<Refund>),
    /// The payment has to be cancelled first, and the order with it.
    New(PaymentAction),
    /// The same, asked for before and not done yet.
    Before(PaymentAction),
    /// The order is cancelled.
    Done,
}

/// The order stands cancelled, whatever Stripe says now: what it refuses is told as an incident, what it does not answer is
/// finished by the worker.
async fn send_back(
    app: &App,
    order: &Order,
    payment: &Payment,
    refund: Box<Refund>,
    cause: Cause<'_>,
) {
    let (store_id, caller) = (order.store_id, Caller::IsGone(cause));
    if let Err(error) = carry_out(app, store_id, payment, *refund, caller).await {
        tracing::warn!(%store_id, order_id = %order.id, ?error, "the refund of a cancelled order has to wait");
    }
}

/// `None` if somebody moved the order at this moment.
async fn write(
    conn: &mut Conn,
    order: &Order,
    money: Money<'_>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Option<Begun>, ApiError> {
    let store_id = order.store_id;
    let order = db::orders::find(conn, store_id, order.id)
        .await?
        .ok_or_else(|| ApiError::not_found("order"))?;
    if order.status == OrderStatus::Cancelled {
        db::orders::lock(conn, store_id, order.id).await?;
        let refund = refund_rest(conn, &order, money, cause, now).await?;
        return Ok(Some(refund.unwrap_or(Begun::Done)));
    }
    if !order.status.can_become(OrderStatus::Cancelled) {
        return Err(status_conflict(order.status));
    }
    // From here on the order's row is ours: a payment that begins at this moment is seen here, or sees that the order ends.
    if !hold(conn, &order, now).await? {
        return Ok(None);
    }
    let payment = db::payments::find_open_by_order(conn, store_id, order.id).await?;
    // What came as another amount than the order's is money all the same.
    let is_kept = (payment.as_ref()).is_some_and(|one| one.captured_minor > one.refunded_minor);
    if let Some(payment) = payment.filter(|one| one.status != PaymentState::Succeeded) {
        let begun = cancel_payment(conn, &order, &payment, cause, now).await?;
        return Ok(Some(begun));
    }
    mark_cancelled(conn, store_id, order.id, cause, now).await?;
    if let Some(refund) = refund_rest(conn, &order, money, cause, now).await? {
        return Ok(Some(refund));
    }
    if is_kept || keeps_money(order.payment_status) {
        let incident = Incident::CancelledButPaid;
        attention::open(conn, store_id, order.id, incident, cause, now).await?;
    }
    Ok(Some(Begun::Done))
}

/// Writes the refund of all that is left, if that is wanted and something is left.
async fn refund_rest(
    conn: &mut Conn,
    order: &Order,
    money: Money<'_>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Option<Begun>, ApiError> {
    let Money::Refunded(actor) = money else {
        return Ok(None);
    };
    let store_id = order.store_id;
    let Some(payment) = db::payments::find_open_by_order(conn, store_id, order.id).await? else {
        return Ok(None);
    };
    db::payments::lock(conn, store_id, payment.id).await?;
    let payment = db::payments::find(conn, store_id, payment.id).await?;
    let Some(payment) = payment.filter(|one| one.captured_minor > one.refunded_minor) else {
        return Ok(None);
    };
    let wanted = plan::Wanted {
        order,
        payment: &payment,
        amount: Amount::Rest,
        reason: Some(Reason::RequestedByCustomer),
        actor,
        action_key: None,
    };
    let planned = plan::plan(conn, store_id, wanted, cause, now).await?;
    // Its money goes back: nobody has to look, unless that fails.
    let incident = Incident::CancelledButPaid;
    attention::resolve(conn, store_id, order.id, incident, cause, now).await?;
    let (Planned::New(refund) | Planned::Known(refund)) = planned;
    Ok(Some(Begun::Refund(Box::new(payment), Box::new(refund))))
}

async fn hold(conn: &mut Conn, order: &Order, now: Timestamp) -> Result<bool, DbError> {
    db::orders::set_state(conn, order, order.status, order.payment_status, now).await
}

/// Whether the merchant has money of this order.
fn keeps_money(payment_status: PaymentStatus) -> bool {
    matches!(
        payment_status,
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Disputed
    )
}

/// Writes down that the payment is to be cancelled; the order ends with it. 409 if its money is being taken.
async fn cancel_payment(
    conn: &mut Conn,
    order: &Order,
    payment: &Payment,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Begun, ApiError> {
    let store_id = order.store_id;
    if let Some(due) = payment_actions::find_due(conn, store_id, payment.id).await? {
        return match due.action {
            Action::Cancel => Ok(Begun::Before(due)),
            Action::Capture => Err(action_pending(&due)),
        };
    }
    let wanted = Wanted {
        payment,
        order_id: Some(order.id),
        action: Action::Cancel,
        amount_minor: None,
        cause,
        first: First::Writer,
    };
    let action = request(conn, store_id, &wanted, now).await?;
    action.map(Begun::New).ok_or_else(order_busy)
}

/// 409: the money came while its payment was to be cancelled.
fn paid_meanwhile() -> ApiError {
    ApiError::conflict(
        "order_paid_meanwhile",
        "The customer's payment came through at this moment: the order is paid. To cancel it all the same, cancel it again.",
    )
}
