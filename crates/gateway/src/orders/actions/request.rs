//! Writes down what is to be done, before Stripe is asked.

use db::Conn;
use db::payment_actions::{self, Action, NewAction, PaymentAction};
use db::payments::Payment;
use domain::{OrderId, StoreId};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::error::ApiError;
use crate::timeline::{self, Cause};

/// Longer than a call to Stripe with its retries may take; then somebody else tries.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Something to do about a payment.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The payment.
    pub payment: &'a Payment,
    /// Its order, also where the payment has got it in this very transaction.
    pub order_id: Option<OrderId>,
    /// What is to be done.
    pub action: Action,
    /// Of a capture: how much; all that is held where it is `None`.
    pub amount_minor: Option<i64>,
    /// Who wants it.
    pub cause: Cause<'a>,
    /// Who tries it first.
    pub first: First,
}

/// Who tries an action first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Whoever writes it, as soon as the transaction is committed.
    Writer,
    /// The worker: the writer answers without waiting for Stripe.
    Worker,
}

/// Writes an action in the transaction of what wants it; `None` if another one of this payment is due.
pub async fn request(
    conn: &mut Conn,
    store_id: StoreId,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Option<PaymentAction>, ApiError> {
    let (attempts, due_at) = match wanted.first {
        First::Writer => (1, now + LEASE),
        First::Worker => (0, now),
    };
    let actor = actor(wanted.cause);
    let new = NewAction {
        payment_id: wanted.payment.id,
        action: wanted.action,
        amount_minor: wanted.amount_minor,
        actor: &actor,
        attempts,
        due_at,
    };
    let Some(action) = payment_actions::insert(conn, store_id, new, now).await? else {
        return Ok(None);
    };
    if let Some(order_id) = wanted.order_id {
        let kind = format!("{}.requested", wanted.action.as_str());
        let detail = json!({ "payment_intent_id": wanted.payment.payment_intent_id, "amount": wanted.amount_minor });
        let cause = wanted.cause;
        timeline::note(conn, store_id, order_id, &kind, cause, &detail, now).await?;
    }
    Ok(Some(action))
}

/// As the audit log names who acts.
pub fn actor(cause: Cause<'_>) -> String {
    match cause.id() {
        Some(id) => format!("{} {id}", cause.word()),
        None => cause.word().to_owned(),
    }
}

/// 409: capture against cancel, or another amount: one was first.
pub fn action_pending(action: &PaymentAction) -> ApiError {
    let message = match action.action {
        Action::Capture => {
            "The order's money is being taken at this moment. Look at the order again, then decide."
        }
        Action::Cancel => {
            "The order's payment is being cancelled at this moment. Look at the order again, then decide."
        }
    };
    ApiError::conflict("payment_action_pending", message)
}
