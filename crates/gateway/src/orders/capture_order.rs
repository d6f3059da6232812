//! `POST /orders/{order_id}/capture`, with a store API key: takes the money that is held for an order, or a part of it.

use actix_web::{HttpResponse, web};
use db::Conn;
use db::orders::Order;
use db::payment_actions::{self, Action, PaymentAction};
use db::payments::{Payment, PaymentState};
use domain::Money;
use domain::order::{OrderStatus, PaymentStatus};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::find_of_key;
use super::actions::perform;
use super::actions::request::{First, Wanted, action_pending, request};
use super::rounds;
use super::update_status::reply;
use crate::app::App;
use crate::checkout::intent::order_cancelled;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::OptionalJson;
use crate::openapi::words;
use crate::timeline::Cause;

/// How much: all that is held by default. What is not taken is given back by Stripe, and cannot be taken later.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Capture)]
pub struct CaptureRequest {
    #[schema(value_type = Option<words::Amount>)]
    amount: Option<i64>,
}

/// Answers with the order, paid. Where Stripe cannot do it now the answer says so, and it is tried until it is done.
pub async fn capture_order(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    OptionalJson(body): OptionalJson<CaptureRequest>,
) -> Result<HttpResponse, ApiError> {
    let order = find_of_key(&app, &caller, &path.1).await?;
    let amount_minor = body
        .amount
        .map(|amount| check_amount(&order, amount))
        .transpose()?;
    let key_id = caller.key.id.to_string();
    let cause = Cause::ApiKey(&key_id);
    let begun = rounds::write(&app, async |conn, now| {
        write(conn, &order, amount_minor, cause, now).await
    });
    match begun.await? {
        Begun::New(action) => {
            perform::perform(&app, order.store_id, &action, cause).await?;
        }
        Begun::Before(action) => {
            perform::resume(&app, order.store_id, &action, cause).await?;
        }
        Begun::Done => {}
    }
    let mut conn = app.db.read().await?;
    let fresh = db::orders::find(&mut conn, order.store_id, order.id).await?;
    drop(conn);
    match fresh {
        // Stripe would not: the hold has ended, or was given free at this moment.
        Some(fresh) if !was_captured(fresh.payment_status) => Err(not_capturable()),
        _ => reply(&app, order).await,
    }
}

fn check_amount(order: &Order, amount: i64) -> Result<i64, ApiError> {
    let amount = Money::new(amount, order.currency)?
        .chargeable()
        .map_err(|error| {
            ApiError::unprocessable("amount_not_positive", format!("{error}.")).param("amount")
        })?;
    Ok(amount.amount_minor())
}

enum Begun {
    /// Written just now.
    New(PaymentAction),
    /// Asked for before, and not done yet.
    Before(PaymentAction),
    /// It was done before.
    Done,
}

/// `None` if somebody moved the order at this moment.
async fn write(
    conn: &mut Conn,
    order: &Order,
    amount_minor: Option<i64>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Option<Begun>, ApiError> {
    let (store_id, order_id) = (order.store_id, order.id);
    let order = db::orders::find(conn, store_id, order_id)
        .await?
        .ok_or_else(|| ApiError::not_found("order"))?;
    if order.status == OrderStatus::Cancelled {
        return Err(order_cancelled());
    }
    let payment = db::payments::find_open_by_order(conn, store_id, order_id)
        .await?
        .ok_or_else(not_capturable)?;
    if payment.status == PaymentState::Succeeded {
        let is_same = amount_minor.is_none_or(|amount| amount == payment.captured_minor);
        return if is_same && was_captured(order.payment_status) {
            Ok(Some(Begun::Done))
        } else {
            Err(not_capturable())
        };
    }
    check_held(&order, &payment, amount_minor)?;
    let due = payment_actions::find_due(conn, store_id, payment.id).await?;
    if let Some(due) = due {
        let is_same = due.action == Action::Capture
            && (amount_minor.is_none() || due.amount_minor == amount_minor);
        return if is_same {
            Ok(Some(Begun::Before(due)))
        } else {
            Err(action_pending(&due))
        };
    }
    // From here on the order's row is ours, against a cancellation that begins at this moment.
    let (status, payment_status) = (order.status, order.payment_status);
    if !db::orders::set_state(conn, &order, status, payment_status, now).await? {
        return Ok(None);
    }
    let wanted = Wanted {
        payment: &payment,
        order_id: Some(order_id),
        action: Action::Capture,
        amount_minor,
        cause,
        first: First::Writer,
    };
    let action = request(conn, store_id, &wanted, now).await?;
    Ok(action.map(Begun::New))
}

fn check_held(order: &Order, payment: &Payment, amount_minor: Option<i64>) -> Result<(), ApiError> {
    if order.payment_status != PaymentStatus::Authorized
        || payment.status != PaymentState::Authorized
    {
        return Err(not_capturable());
    }
    if amount_minor.is_some_and(|amount| amount > payment.amount_minor) {
        let words = "More than the customer's card holds for this order cannot be taken.";
        return Err(ApiError::unprocessable("amount_too_large", words).param("amount"));
    }
    Ok(())
}

fn was_captured(payment_status: PaymentStatus) -> bool {
    matches!(
        payment_status,
        PaymentStatus::Paid
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Disputed
    )
}

/// 409: no money is held.
fn not_capturable() -> ApiError {
    ApiError::conflict(
        "payment_not_capturable",
        "No money is held for this order: it is not paid yet, has been taken already, or was given free. Look at the order's payment_status.",
    )
}
