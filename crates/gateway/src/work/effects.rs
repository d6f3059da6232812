//! Stores a settle decision: order, payment, incident, audit entry and the triggering event in one transaction.

use db::Conn;
use db::inbox::EventState;
use db::orders::Order;
use db::payment_actions::{self, Action, ActionState};
use db::payments::{Payment, PaymentState};
use domain::StoreId;
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};
use domain::settle::Decision;
use jiff::Timestamp;
use serde_json::json;

use super::returned;
use super::settle::{Trigger, Verdict};
use super::unordered;
use crate::app::App;
use crate::error::ApiError;
use crate::orders::actions::conclude::{self, Ending};
use crate::orders::{attention, stock};
use crate::saved_payment_methods::record;
use crate::timeline;

/// `false` if somebody else moved the order, the payment or the event meanwhile: nothing was stored, decide again.
pub async fn store(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    order: Option<&Order>,
    verdict: &Verdict,
    trigger: Trigger<'_>,
) -> Result<bool, ApiError> {
    let mut tx = app.db.begin().await?;
    let outcome = write(
        &mut tx,
        app.now(),
        store_id,
        payment,
        order,
        verdict,
        trigger,
    )
    .await?;
    match outcome {
        Outcome::Written => tx.commit().await?,
        Outcome::Moved | Outcome::LeaseLost => tx.rollback().await?,
    }
    Ok(outcome != Outcome::Moved)
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Written,
    /// The order or the payment is not what the decision was made on.
    Moved,
    /// Another worker holds the event now; its transaction stores the effects.
    LeaseLost,
}

async fn write(
    conn: &mut Conn,
    now: Timestamp,
    store_id: StoreId,
    payment: &Payment,
    order: Option<&Order>,
    verdict: &Verdict,
    trigger: Trigger<'_>,
) -> Result<Outcome, ApiError> {
    if verdict.decision == Decision::Report(Incident::AccountMismatch)
        && is_connected_by_now(conn, store_id, payment).await?
    {
        return Ok(Outcome::Moved);
    }
    if let Some(order) = order
        && verdict.news.as_deref().is_some_and(|news| !news.is_empty())
    {
        // The order's row first, then its payment's: as whoever asks for a refund takes them.
        db::orders::lock(conn, store_id, order.id).await?;
    }
    let mut incident = None;
    if let Decision::Report(reported) = verdict.decision {
        incident = Some(reported);
        report(conn, store_id, payment, order, reported, trigger, now).await?;
    } else if let Some(order) = order {
        if !move_order(conn, order, verdict, trigger, now).await? {
            return Ok(Outcome::Moved);
        }
        // Stripe has just told what a parked event could not.
        let (incident, cause) = (Incident::EventParked, trigger.cause());
        attention::resolve(conn, store_id, order.id, incident, cause, now).await?;
    }
    if verdict.decision == Decision::MarkUnpaid
        && let Some(order) = order
    {
        report_lost_hold(conn, store_id, payment, order, trigger, now).await?;
    }
    if !move_payment(conn, store_id, payment, verdict, now).await? {
        return Ok(Outcome::Moved);
    }
    if let Some(method) = &verdict.to_keep {
        record::keep(conn, store_id, method).await?;
    }
    note_attempt(conn, store_id, payment, verdict, trigger, now).await?;
    if verdict.payment_state != payment.status {
        end_action(conn, store_id, payment, verdict, trigger, now).await?;
    }
    if let Some(news) = &verdict.news {
        let cause = trigger.cause();
        if !returned::store(conn, store_id, payment, order, news, cause, now).await? {
            return Ok(Outcome::Moved);
        }
    }
    if order.is_none() && moves_taken_money(payment, verdict) {
        unordered::refresh(conn, store_id, payment, now).await?;
    }
    if let Trigger::Event(event) = trigger {
        let note = incident.map(Incident::code);
        // Once the account that took the payment is connected again, its event is worked through again.
        let is_of_payer = event.account_id == payment.account_id;
        let state = match incident {
            Some(Incident::AccountMismatch) if is_of_payer => EventState::Waiting,
            _ => EventState::Processed,
        };
        if !db::inbox::finish(conn, event, state, note, now).await? {
            return Ok(Outcome::LeaseLost);
        }
    }
    Ok(Outcome::Written)
}

/// Whether money of a cart was taken, or some of it has gone back.
fn moves_taken_money(payment: &Payment, verdict: &Verdict) -> bool {
    let has_news = verdict.news.as_deref().is_some_and(|news| !news.is_empty());
    payment.cart_id.is_some()
        && verdict.payment_state == PaymentState::Succeeded
        && (payment.status != PaymentState::Succeeded || has_news)
}

/// A hold that ended before its money was taken, and that nobody here gave free, is a matter for a person.
async fn report_lost_hold(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    order: &Order,
    trigger: Trigger<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let due = payment_actions::find_due(conn, store_id, payment.id).await?;
    if due.is_some_and(|action| action.action == Action::Cancel) {
        return Ok(());
    }
    let cause = trigger.cause();
    for settled in [Incident::AuthorizationExpiring, Incident::CaptureFailed] {
        attention::resolve(conn, store_id, order.id, settled, cause, now).await?;
    }
    let incident = Incident::AuthorizationExpired;
    attention::open(conn, store_id, order.id, incident, cause, now).await
}

/// A payment that has ended, ends what was to be done about it, whoever did it.
async fn end_action(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    verdict: &Verdict,
    trigger: Trigger<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let done = match verdict.payment_state {
        PaymentState::Succeeded => Action::Capture,
        PaymentState::Canceled => Action::Cancel,
        PaymentState::Creating | PaymentState::Open | PaymentState::Authorized => return Ok(()),
    };
    let Some(action) = payment_actions::find_due(conn, store_id, payment.id).await? else {
        return Ok(());
    };
    let state = if action.action == done {
        ActionState::Done
    } else {
        ActionState::Refused
    };
    let ending = Ending {
        state,
        cause: trigger.cause(),
        last_error: None,
    };
    conclude::conclude(conn, store_id, &action, ending, now).await
}

/// The account may have been connected since it was looked for. Whoever connects it after this finds the event that waits
/// for it: connecting begins with the store's row, which this locks.
async fn is_connected_by_now(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
) -> Result<bool, ApiError> {
    db::stores::lock(conn, store_id).await?;
    let account_id = &payment.account_id;
    let found = db::connections::find_account(conn, store_id, payment.mode, account_id).await?;
    Ok(found.is_some())
}

async fn report(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    order: Option<&Order>,
    incident: Incident,
    trigger: Trigger<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(order) = order else {
        tracing::error!(%store_id, payment_id = %payment.id, incident = incident.code(), "incident: a person has to look");
        return Ok(());
    };
    attention::open(conn, store_id, order.id, incident, trigger.cause(), now).await
}

async fn move_order(
    conn: &mut Conn,
    order: &Order,
    verdict: &Verdict,
    trigger: Trigger<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some((status, payment_status)) = order_after(order, verdict.decision) else {
        return Ok(true);
    };
    if let Decision::Follow(_) = verdict.decision {
        let cause = trigger.cause();
        return returned::move_order(conn, order, status, payment_status, cause, now).await;
    }
    if !db::orders::set_state(conn, order, status, payment_status, now).await? {
        return Ok(false);
    }
    let (store_id, cause) = (order.store_id, trigger.cause());
    if payment_status == PaymentStatus::Paid {
        attention::resolve_all(conn, store_id, order.id, cause, now).await?;
    }
    if payment_status == PaymentStatus::Authorized {
        let incident = Incident::AuthorizationExpired;
        attention::resolve(conn, store_id, order.id, incident, cause, now).await?;
    }
    let action = format!("order.{payment_status}");
    db::audit::record(
        conn,
        order.store_id,
        "stripe",
        &action,
        &order.id.to_string(),
        now,
    )
    .await?;
    let mut detail = json!({ "status": status, "payment_status": payment_status });
    if payment_status == PaymentStatus::Paid && verdict.captured_minor < order.amount_minor {
        detail["amount_captured"] = json!(verdict.captured_minor);
    }
    timeline::note(conn, store_id, order.id, &action, cause, &detail, now).await?;
    stock::follow_payment(conn, store_id, order.id, payment_status, cause, now).await?;
    tracing::info!(store_id = %order.store_id, order_id = %order.id, %payment_status, "order moved");
    let Some(then) = verdict.then else {
        return Ok(true);
    };
    let mut paid = order.clone();
    (paid.status, paid.payment_status) = (status, payment_status);
    paid.paid_at = paid.paid_at.or(Some(now));
    returned::move_order(conn, &paid, status, then, cause, now).await
}

/// Where a decision moves an order; `None` if it stays.
pub(super) fn order_after(
    order: &Order,
    decision: Decision,
) -> Option<(OrderStatus, PaymentStatus)> {
    // An order that somebody moved on by hand is not moved back.
    let confirmed = if order.status == OrderStatus::Pending {
        OrderStatus::Confirmed
    } else {
        order.status
    };
    match decision {
        Decision::MarkPaid => Some((confirmed, PaymentStatus::Paid)),
        Decision::MarkAuthorized => Some((confirmed, PaymentStatus::Authorized)),
        Decision::MarkFailed => Some((order.status, PaymentStatus::Failed)),
        Decision::MarkUnpaid => Some((order.status, PaymentStatus::Unpaid)),
        Decision::Follow(payment_status) => Some((order.status, payment_status)),
        Decision::Unchanged | Decision::Report(_) => None,
    }
}

/// Tells each attempt that failed once, whatever it does to the order.
async fn note_attempt(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    verdict: &Verdict,
    trigger: Trigger<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some((code, decline_code)) = &verdict.last_error else {
        return Ok(());
    };
    let is_new = match &verdict.failed_charge {
        Some(charge) => db::payments::set_failed_charge(conn, store_id, payment.id, charge).await?,
        None => (&payment.last_error_code, &payment.last_decline_code) != (code, decline_code),
    };
    let Some(order_id) = payment.order_id.filter(|_| is_new) else {
        return Ok(());
    };
    let detail = json!({
        "payment_intent_id": payment.payment_intent_id, "code": code, "decline_code": decline_code,
        "charge_id": verdict.failed_charge,
    });
    let (kind, cause) = ("payment.failed", trigger.cause());
    timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await
}

async fn move_payment(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<bool, ApiError> {
    if let Some((code, decline_code)) = &verdict.last_error
        && payment.status != PaymentState::Succeeded
    {
        db::payments::set_last_error(
            conn,
            store_id,
            payment.id,
            code.as_deref(),
            decline_code.as_deref(),
            now,
        )
        .await?;
    }
    if let Some(status) = &verdict.stripe_status {
        db::payments::set_stripe_status(conn, store_id, payment.id, status).await?;
    }
    if let Some((charge_id, capture_before)) = &verdict.charge {
        let (id, until) = (payment.id, *capture_before);
        db::payments::set_charge(conn, store_id, id, charge_id, until, now).await?;
    }
    if verdict.payment_state == payment.status && verdict.captured_minor == payment.captured_minor {
        return Ok(true);
    }
    Ok(db::payments::set_state(
        conn,
        store_id,
        payment,
        verdict.payment_state,
        verdict.captured_minor,
        now,
    )
    .await?)
}
