//! Writes what is new about a payment's refunds and disputes.

use db::Conn;
use db::disputes::{Dispute, ToldDispute};
use db::orders::Order;
use db::payments::Payment;
use db::refunds::{NewRefund, Source};
use domain::returned::is_dispute_closed;
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::json;

use super::Records;
use super::follow::{Standing, incidents, note_refund};
use super::plan::News;
use crate::error::ApiError;
use crate::timeline::{self, Cause};

/// Stores the news, in the transaction that settles the payment. `false` if our records have moved since they were read: the
/// reading is old. The caller holds the order's row.
pub(in crate::work) async fn store(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    order: Option<&Order>,
    news: &News,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    if news.is_empty() && news.after.is_nothing() && !news.hidden_dispute {
        return Ok(true);
    }
    db::payments::lock(conn, store_id, payment.id).await?;
    if Records::load(conn, store_id, payment.id).await? != news.known {
        return Ok(false);
    }
    let order_id = order.map(|order| order.id);
    refunds(conn, store_id, order_id, news, cause, now).await?;
    disputes(conn, store_id, payment, order_id, news, cause, now).await?;
    if !news.is_empty() {
        db::payments::count_refunds(conn, store_id, payment.id, now).await?;
    }
    if let Some(order) = order {
        let fresh = db::payments::find(conn, store_id, payment.id).await?;
        let standing = Standing {
            records: &news.after,
            payment: fresh.as_ref().unwrap_or(payment),
            hidden_dispute: Some(news.hidden_dispute),
        };
        incidents(conn, store_id, order.id, standing, cause, now).await?;
    }
    Ok(true)
}

impl Records {
    fn is_nothing(&self) -> bool {
        self.refunds.is_empty() && self.disputes.is_empty()
    }
}

async fn refunds(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: Option<OrderId>,
    news: &News,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    for moved in &news.moved {
        db::refunds::set_status(
            conn,
            store_id,
            &moved.refund,
            Some(&moved.stripe_refund_id),
            moved.status,
            moved.failure.as_deref(),
            now,
        )
        .await?;
    }
    for found in &news.found {
        let new = NewRefund {
            id: found.id,
            mode: found.mode,
            payment_id: found.payment_id,
            order_id: found.order_id,
            stripe_refund_id: found.stripe_refund_id.as_deref(),
            amount_minor: found.amount_minor,
            currency: found.currency,
            reason: found.reason.as_deref(),
            status: found.status,
            source: Source::Stripe,
            actor: &found.actor,
            action_key: None,
            next_attempt_at: now,
            created_at: found.created_at,
        };
        db::refunds::insert(conn, store_id, new, now).await?;
    }
    let Some(order_id) = order_id else {
        return Ok(());
    };
    let moved = news.moved.iter().map(|moved| moved.refund.id);
    let changed: Vec<_> = moved
        .chain(news.found.iter().map(|found| found.id))
        .collect();
    for refund in news
        .after
        .refunds
        .iter()
        .filter(|one| changed.contains(&one.id))
    {
        note_refund(conn, store_id, order_id, refund, cause, now).await?;
    }
    Ok(())
}

async fn disputes(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    order_id: Option<OrderId>,
    news: &News,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    for dispute in &news.told {
        let told = ToldDispute {
            id: dispute.id,
            mode: payment.mode,
            payment_id: payment.id,
            order_id,
            stripe_dispute_id: &dispute.stripe_dispute_id,
            amount_minor: dispute.amount_minor,
            currency: dispute.currency,
            reason: &dispute.reason,
            status: &dispute.status,
            evidence_due_by: dispute.evidence_due_by,
            opened_at: dispute.opened_at,
        };
        db::disputes::put(conn, store_id, told, now).await?;
        if let Some(order_id) = order_id {
            note_dispute(conn, store_id, order_id, news, dispute, cause, now).await?;
        }
    }
    Ok(())
}

async fn note_dispute(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    news: &News,
    dispute: &Dispute,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let is_new = news
        .known
        .disputes
        .iter()
        .all(|known| known.id != dispute.id);
    let kind = if is_dispute_closed(&dispute.status) {
        "dispute.closed"
    } else if is_new {
        "dispute.opened"
    } else {
        "dispute.updated"
    };
    let detail = json!({
        "dispute_id": dispute.stripe_dispute_id, "status": dispute.status, "reason": dispute.reason,
        "amount": dispute.amount_minor, "currency": dispute.currency,
    });
    timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await
}
