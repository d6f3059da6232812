//! `POST /orders/{order_id}/mark-paid`, with a store API key: the money of an order that is not paid through Stripe has come.

use actix_web::{HttpResponse, web};
use db::orders::Order;
use domain::order::{OrderStatus, PaymentStatus};
use serde_json::json;

use super::stock::follow_payment;
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::checkout::intent::order_cancelled;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::timeline::{self, Cause};

/// Rounds against somebody who moves the same order meanwhile.
const MAX_ROUNDS: u32 = 3;

/// The order, confirmed and paid; as it is if that was done before.
pub async fn mark_paid(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    for _ in 0..MAX_ROUNDS {
        let order = super::access::find_of_key(&app, &caller, &path.1).await?;
        check(&order)?;
        if order.payment_status.is_payable() && !mark(&app, &caller, &order).await? {
            continue;
        }
        let mut conn = app.db.read().await?;
        let order = db::orders::find(&mut conn, caller.store.id, order.id)
            .await?
            .unwrap_or(order);
        let reply = OrderReply::load(&app, &mut conn, &order, Audience::Merchant).await?;
        return Ok(HttpResponse::Ok().json(reply));
    }
    Err(super::place::order_busy())
}

fn check(order: &Order) -> Result<(), ApiError> {
    if order.payment_method_id.is_none() {
        return Err(ApiError::conflict(
            "order_paid_through_stripe",
            "This order is paid through Stripe, which says by itself when it is paid.",
        ));
    }
    if order.status == OrderStatus::Cancelled && order.payment_status.is_payable() {
        return Err(order_cancelled());
    }
    Ok(())
}

/// `false` if somebody moved the order at this moment.
async fn mark(app: &App, caller: &StoreKey, order: &Order) -> Result<bool, ApiError> {
    let (store_id, now) = (caller.store.id, app.now());
    let status = match order.status {
        OrderStatus::Pending => OrderStatus::Confirmed,
        other => other,
    };
    let paid = PaymentStatus::Paid;
    let key_id = caller.key.id.to_string();
    let cause = Cause::ApiKey(&key_id);
    let mut tx = app.db.begin().await?;
    if !db::orders::set_state(&mut tx, order, status, paid, now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let (actor, subject) = (caller.actor(), order.id.to_string());
    db::audit::record(&mut tx, store_id, &actor, "order.paid", &subject, now).await?;
    let detail = json!({ "status": status, "payment_status": paid });
    timeline::note(
        &mut tx,
        store_id,
        order.id,
        "order.paid",
        cause,
        &detail,
        now,
    )
    .await?;
    follow_payment(&mut tx, store_id, order.id, paid, cause, now).await?;
    tx.commit().await?;
    Ok(true)
}
