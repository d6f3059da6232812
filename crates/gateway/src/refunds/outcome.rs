//! Keeps what came of asking Stripe for a refund. The order's row is taken before its payment's, as wherever both are.

use db::payments::Payment;
use db::refunds::Refund;
use db::{Conn, DbError};
use domain::StoreId;
use domain::returned::RefundStatus;
use serde_json::json;
use stripe_http::{Error as StripeError, refunds};

use super::carry_out::{Caller, again_in};
use super::plan;
use crate::app::App;
use crate::error::ApiError;
use crate::timeline::{self, Cause};
use crate::work::returned::{self, stripe_status};
use crate::work::settle::{self, Trigger};

/// Stripe has it.
pub(super) async fn made(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    made: &refunds::Refund,
    cause: Cause<'_>,
) -> Result<Refund, ApiError> {
    let now = app.now();
    let status = stripe_status(made.status.as_ref());
    let mut tx = app.db.begin().await?;
    lock(&mut tx, store_id, refund).await?;
    let failure = made.failure_reason.as_deref();
    let (id, conn) = (Some(made.id.as_str()), &mut tx);
    // Whoever mirrored it meanwhile has read it later than this.
    if db::refunds::set_status(conn, store_id, refund, id, status, failure, now).await? {
        let fresh = find(conn, store_id, refund).await?;
        if let Some(order_id) = refund.order_id {
            returned::note_refund(conn, store_id, order_id, &fresh, cause, now).await?;
        }
        returned::follow(conn, store_id, refund.payment_id, cause, now).await?;
    }
    let fresh = find(&mut tx, store_id, refund).await?;
    tx.commit().await?;
    Ok(fresh)
}

/// Nobody knows yet whether Stripe has it.
pub(super) async fn unknown(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    words: &str,
) -> Result<(), ApiError> {
    let due_at = app.now() + again_in(words, refund.attempts);
    let mut tx = app.db.begin().await?;
    // Once Stripe has answered 500 under its key, it is looked for, whatever the next look meets.
    let words = refund
        .last_error
        .as_deref()
        .filter(|known| *known == "stripe_error")
        .unwrap_or(words);
    db::refunds::retry_later(&mut tx, store_id, refund, words, due_at).await?;
    Ok(tx.commit().await?)
}

/// Stripe was not asked, or did not look at it.
pub(super) async fn not_asked(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    caller: Caller<'_>,
    code: &str,
) -> Result<(), ApiError> {
    match caller {
        // An earlier attempt may have reached Stripe.
        Caller::Waits(_) if refund.attempts > 1 => unknown(app, store_id, refund, code).await,
        Caller::Waits(cause) => take_back(app, store_id, refund, cause, code).await,
        Caller::IsGone(_) => unknown(app, store_id, refund, code).await,
    }
}

/// Stripe has never had it, and its key cannot be used any more.
pub(super) async fn never_made(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    caller: Caller<'_>,
) -> Result<Refund, ApiError> {
    match caller {
        Caller::Waits(cause) => {
            take_back(app, store_id, refund, cause, "stripe_error").await?;
            Err(ApiError::bad_gateway(
                "stripe_error",
                "Stripe failed, and the refund was not made. Ask for it again.",
            ))
        }
        Caller::IsGone(cause) => fail(app, store_id, refund, cause, "stripe_error").await,
    }
}

/// Stripe will not do it.
pub(super) async fn refused(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    refund: &Refund,
    error: StripeError,
    caller: Caller<'_>,
) -> Result<Refund, ApiError> {
    let code = error.api_error().and_then(|error| error.code.clone());
    let code = code.unwrap_or_else(|| "refund_refused".to_owned());
    let cause = match caller {
        Caller::IsGone(cause) => return fail(app, store_id, refund, cause, &code).await,
        Caller::Waits(cause) => cause,
    };
    take_back(app, store_id, refund, cause, &code).await?;
    // Most likely somebody has refunded in the dashboard, or the bank was faster: see what is left.
    if let Some(intent) = &payment.payment_intent_id {
        let settling = settle::settle(app, store_id, payment.mode, intent, Trigger::Asked);
        if let Err(error) = settling.await {
            tracing::warn!(%store_id, payment_id = %payment.id, ?error, "a payment could not be read again after its refund was refused");
        }
    }
    let fresh = db::payments::find(&mut app.db.read().await?, store_id, payment.id).await?;
    let fresh = fresh.as_ref().unwrap_or(payment);
    Err(match code.as_str() {
        "charge_disputed" => plan::disputed(),
        _ if fresh.captured_minor - fresh.refunded_minor < refund.amount_minor => {
            plan::too_large(fresh)?
        }
        _ => ApiError::conflict(
            "refund_refused",
            format!(
                "Stripe refuses this refund ({code}). Look at the payment in Stripe's dashboard."
            ),
        ),
    }
    .caused_by(error))
}

/// It never was: its amount can be refunded again, and its name used again.
async fn take_back(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    cause: Cause<'_>,
    code: &str,
) -> Result<(), ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    lock(&mut tx, store_id, refund).await?;
    if db::refunds::take_back(&mut tx, store_id, refund.id).await? {
        if let Some(order_id) = refund.order_id {
            let detail =
                json!({ "refund_id": refund.id, "amount": refund.amount_minor, "code": code });
            let kind = "refund.refused";
            timeline::note(&mut tx, store_id, order_id, kind, cause, &detail, now).await?;
        }
        returned::follow(&mut tx, store_id, refund.payment_id, cause, now).await?;
    }
    Ok(tx.commit().await?)
}

/// It failed while nobody waited: its amount can be refunded again, and a person is told.
async fn fail(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    cause: Cause<'_>,
    code: &str,
) -> Result<Refund, ApiError> {
    let (now, status) = (app.now(), RefundStatus::Failed);
    let mut tx = app.db.begin().await?;
    lock(&mut tx, store_id, refund).await?;
    let conn = &mut tx;
    if db::refunds::set_status(conn, store_id, refund, None, status, Some(code), now).await? {
        let fresh = find(conn, store_id, refund).await?;
        if let Some(order_id) = refund.order_id {
            returned::note_refund(conn, store_id, order_id, &fresh, cause, now).await?;
        }
        returned::follow(conn, store_id, refund.payment_id, cause, now).await?;
    }
    let fresh = find(&mut tx, store_id, refund).await?;
    tx.commit().await?;
    Ok(fresh)
}

async fn lock(conn: &mut Conn, store_id: StoreId, refund: &Refund) -> Result<(), DbError> {
    if let Some(order_id) = refund.order_id {
        db::orders::lock(conn, store_id, order_id).await?;
    }
    db::payments::lock(conn, store_id, refund.payment_id).await
}

async fn find(conn: &mut Conn, store_id: StoreId, refund: &Refund) -> Result<Refund, ApiError> {
    let found = db::refunds::find(conn, store_id, refund.id).await?;
    found.ok_or_else(|| ApiError::internal("a refund is gone"))
}
