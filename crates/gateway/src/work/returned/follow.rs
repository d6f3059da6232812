//! Brings an order up to our records of refunds and disputes: its payment status, and what a person has to know.

use db::Conn;
use db::orders::Order;
use db::payments::Payment;
use db::refunds::Refund;
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};
use domain::returned::owed_minor;
use domain::{OrderId, PaymentId, StoreId};
use jiff::Timestamp;
use serde_json::json;

use super::Records;
use crate::error::ApiError;
use crate::orders::attention;
use crate::timeline::{self, Cause};

/// Counts a payment's refunds anew and moves its order accordingly, in the transaction that changed a refund. The caller
/// holds the order's row.
pub async fn follow(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    db::payments::count_refunds(conn, store_id, payment_id, now).await?;
    let Some(payment) = db::payments::find(conn, store_id, payment_id).await? else {
        return Ok(());
    };
    let order = match payment.order_id {
        Some(order_id) => db::orders::find(conn, store_id, order_id).await?,
        None => None,
    };
    let Some(order) = order else {
        return Ok(());
    };
    let records = Records::load(conn, store_id, payment_id).await?;
    let returned = records.returned(&payment);
    if let Some(next) = returned.status_after(order.payment_status, payment.captured_minor) {
        let status = order.status;
        move_order(conn, &order, status, next, cause, now).await?;
    }
    let standing = Standing {
        records: &records,
        payment: &payment,
        hidden_dispute: None,
    };
    incidents(conn, store_id, order.id, standing, cause, now).await
}

/// Moves an order whose money was taken, and notes it; `false` if it has moved meanwhile.
pub(in crate::work) async fn move_order(
    conn: &mut Conn,
    order: &Order,
    status: OrderStatus,
    payment_status: PaymentStatus,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    if !db::orders::set_state(conn, order, status, payment_status, now).await? {
        return Ok(false);
    }
    // It was paid once; now the money is the merchant's again.
    let action = if payment_status == PaymentStatus::Paid {
        "order.paid_again".to_owned()
    } else {
        format!("order.{payment_status}")
    };
    let (store_id, subject) = (order.store_id, order.id.to_string());
    db::audit::record(conn, store_id, "stripe", &action, &subject, now).await?;
    let detail = json!({ "status": status, "payment_status": payment_status });
    timeline::note(conn, store_id, order.id, &action, cause, &detail, now).await?;
    tracing::info!(%store_id, order_id = %order.id, %payment_status, "order moved");
    Ok(true)
}

/// Where a payment stands with what went back of it.
pub(super) struct Standing<'a> {
    pub(super) records: &'a Records,
    pub(super) payment: &'a Payment,
    /// Whether there is a dispute that the store's key may not read; `None` where Stripe was not asked.
    pub(super) hidden_dispute: Option<bool>,
}

impl Standing<'_> {
    /// Which incidents there must be, and which must not.
    fn incidents(&self) -> Vec<(Incident, bool)> {
        let captured_minor = self.payment.captured_minor;
        (self.records).incidents(self.payment, captured_minor, self.hidden_dispute)
    }
}

/// What has an end once all the money is back with the shopper.
const ENDED_BY_REFUND: [Incident; 4] = [
    Incident::AmountMismatch,
    Incident::PaidAfterCancel,
    Incident::CancelledButPaid,
    Incident::Unfulfillable,
];

impl Records {
    /// Which incidents there must be by these records, and which must not.
    pub(in crate::work) fn incidents(
        &self,
        payment: &Payment,
        captured_minor: i64,
        hidden_dispute: Option<bool>,
    ) -> Vec<(Incident, bool)> {
        let refunds = self.refunds.iter();
        let owed = owed_minor(refunds.map(|refund| (refund.status, refund.amount_minor)));
        let mut incidents = vec![(Incident::RefundFailed, owed > 0)];
        if let Some(is_hidden) = hidden_dispute.or((!self.disputes.is_empty()).then_some(false)) {
            let is_disputed = is_hidden || self.returned(payment).is_disputed;
            incidents.push((Incident::Disputed, is_disputed));
        }
        if captured_minor > 0 && self.returned(payment).is_whole(captured_minor) {
            incidents.extend(ENDED_BY_REFUND.map(|incident| (incident, false)));
        }
        incidents
    }
}

pub(super) async fn incidents(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    standing: Standing<'_>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    for (incident, is_there) in standing.incidents() {
        if is_there {
            attention::open(conn, store_id, order_id, incident, cause, now).await?;
        } else {
            attention::resolve(conn, store_id, order_id, incident, cause, now).await?;
        }
    }
    Ok(())
}

/// Notes where a refund stands.
pub async fn note_refund(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    refund: &Refund,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let kind = format!("refund.{}", refund.status);
    let detail = json!({
        "refund_id": refund.id, "stripe_refund_id": refund.stripe_refund_id, "amount": refund.amount_minor,
        "currency": refund.currency, "wanted_by": refund.actor,
    });
    timeline::note(conn, store_id, order_id, &kind, cause, &detail, now).await
}
