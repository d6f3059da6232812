//! Writes a refund and reserves its amount, before Stripe is asked.

use db::Conn;
use db::orders::Order;
use db::payments::Payment;
use db::refunds::{NewRefund, Refund, Source};
use domain::order::PaymentStatus;
use domain::returned::RefundStatus;
use domain::{Money, RefundId, StoreId};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stripe_http::refunds::Reason;

use crate::error::ApiError;
use crate::timeline::{self, Cause};

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// All that is left.
    Rest,
    /// This much, in the smallest unit.
    Minor(i64),
}

/// A refund that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Of which order.
    pub order: &'a Order,
    /// Of its payment.
    pub payment: &'a Payment,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub reason: Option<Reason>,
    /// Who wants it, for the records.
    pub actor: &'a str,
    /// The caller's own name of it: the same one again is the same refund, for ever.
    pub action_key: Option<&'a str>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Planned {
    /// Written by this call: Stripe has to be asked now. Until [`LEASE`] is over nobody else does.
    New(Refund),
    /// The payment has a refund of this name.
    Known(Refund),
}

/// Longer than a call to Stripe with its retries takes.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Writes a refund in the caller's transaction. Carry it out after the commit; if that never happens, the worker does.
pub async fn plan(
    conn: &mut Conn,
    store_id: StoreId,
    wanted: Wanted<'_>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<Planned, ApiError> {
    let (order, payment_id) = (wanted.order, wanted.payment.id);
    // From here on the payment's refunds are ours.
    db::payments::lock(conn, store_id, payment_id).await?;
    if let Some(key) = wanted.action_key
        && let Some(known) =
            db::refunds::find_by_action_key(conn, store_id, payment_id, key).await?
    {
        return same(&wanted, known).map(Planned::Known);
    }
    let payment = db::payments::find(conn, store_id, payment_id).await?;
    let payment = payment.ok_or_else(not_refundable)?;
    if payment.captured_minor == 0 {
        return Err(not_refundable());
    }
    if order.payment_status == PaymentStatus::Disputed {
        return Err(disputed());
    }
    let rest_minor = payment.captured_minor - payment.refunded_minor;
    let amount_minor = match wanted.amount {
        Amount::Rest => rest_minor,
        Amount::Minor(amount_minor) => amount_minor,
    };
    if rest_minor == 0 || amount_minor > rest_minor {
        return Err(too_large(&payment)?);
    }
    let amount = Money::new(amount_minor, payment.currency)?.chargeable()?;
    let (amount_minor, store) = (amount.amount_minor(), store_id);
    if !db::payments::reserve_refund(conn, store, payment_id, amount_minor, now).await? {
        return Err(too_large(&payment)?);
    }
    let new = NewRefund {
        id: RefundId::generate(),
        mode: payment.mode,
        payment_id,
        order_id: Some(order.id),
        stripe_refund_id: None,
        amount_minor,
        currency: payment.currency,
        reason: wanted.reason.map(Reason::as_str),
        status: RefundStatus::Creating,
        source: Source::Api,
        actor: wanted.actor,
        action_key: wanted.action_key,
        next_attempt_at: now + LEASE,
        created_at: now,
    };
    let refund = db::refunds::insert(conn, store_id, new, now).await?;
    let (kind, subject) = ("refund.requested", refund.id.to_string());
    db::audit::record(conn, store_id, wanted.actor, kind, &subject, now).await?;
    let detail = json!({
        "refund_id": refund.id, "amount": amount_minor, "currency": payment.currency, "reason": refund.reason,
    });
    timeline::note(conn, store_id, order.id, kind, cause, &detail, now).await?;
    Ok(Planned::New(refund))
}

/// The refund that has this name, if it is the one that is wanted.
fn same(wanted: &Wanted<'_>, known: Refund) -> Result<Refund, ApiError> {
    let is_same_amount = match wanted.amount {
        Amount::Rest => true,
        Amount::Minor(amount_minor) => amount_minor == known.amount_minor,
    };
    if is_same_amount && known.reason.as_deref() == wanted.reason.map(Reason::as_str) {
        return Ok(known);
    }
    Err(ApiError::idempotency(
        "refund_key_reused",
        "This action_key names another refund of this order, with another amount or reason. Use a new one.",
    )
    .param("action_key"))
}

/// 409: there is nothing that could go back.
pub fn not_refundable() -> ApiError {
    ApiError::conflict(
        "order_not_refundable",
        "Nothing was taken through Stripe for this order, so nothing can be refunded there.",
    )
}

/// 409: the bank has the money.
pub fn disputed() -> ApiError {
    ApiError::conflict(
        "order_not_refundable",
        "The customer's bank disputes this payment: it cannot be refunded. Answer the dispute, or accept it, in Stripe's dashboard.",
    )
}

/// 422: less than that is left.
pub fn too_large(payment: &Payment) -> Result<ApiError, ApiError> {
    let rest_minor = payment.captured_minor - payment.refunded_minor;
    let message = if rest_minor > 0 {
        let rest = Money::new(rest_minor, payment.currency).map_err(ApiError::internal)?;
        format!(
            "At most {rest} ({rest_minor}) can still be refunded. Refunds that are under way count."
        )
    } else {
        "Everything has been refunded, or is on its way: nothing is left.".to_owned()
    };
    Ok(ApiError::unprocessable("refund_too_large", message).param("amount"))
}
