//! What a payment's making and changing adds to its order's story. A payment that is made before its order keeps it until
//! there is one.

use db::Conn;
use db::payments::Payment;
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::json;
use stripe_http::payment_intents::PaymentIntent;

use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};

/// A `PaymentIntent` was made, in the transaction that stores its id.
pub async fn created(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    intent: &PaymentIntent,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let request_id = intent.request_id.as_deref();
    let Some(order_id) = payment.order_id else {
        if let Some(request_id) = request_id {
            let (id, conn) = (payment.id, conn);
            db::payments::set_creation_request(conn, store_id, id, request_id).await?;
        }
        return Ok(());
    };
    let intent_id = intent.id.as_str();
    note_created(
        conn, store_id, order_id, payment, intent_id, request_id, cause, now,
    )
    .await
}

/// The payment of an order was made before it, by the order's own shopper.
pub async fn created_before(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    payment: &Payment,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let intent_id = payment.payment_intent_id.as_deref().unwrap_or_default();
    let request_id = payment.created_request_id.as_deref();
    note_created(
        conn, store_id, order_id, payment, intent_id, request_id, cause, now,
    )
    .await
}

#[expect(clippy::too_many_arguments, reason = "each is a part of one entry")]
async fn note_created(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    payment: &Payment,
    intent_id: &str,
    request_id: Option<&str>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let call = StripeCall::done("create", request_id);
    timeline::note_call(conn, store_id, order_id, call, cause, now).await?;
    let detail = json!({
        "payment_intent_id": intent_id, "amount": payment.amount_minor, "currency": payment.currency,
        "made_at": payment.created_at,
    });
    timeline::note(
        conn,
        store_id,
        order_id,
        "payment.created",
        cause,
        &detail,
        now,
    )
    .await
}

/// A payment was to be changed at Stripe.
pub async fn called(
    app: &App,
    stripe: &StoreStripe,
    payment: &Payment,
    call: &str,
    answer: &Result<PaymentIntent, stripe_http::Error>,
    cause: Cause<'_>,
) {
    let Some(order_id) = payment.order_id else {
        return;
    };
    let call = match answer {
        Ok(intent) => StripeCall::done(call, intent.request_id.as_deref()),
        Err(error) => StripeCall::failed(call, error),
    };
    timeline::tell_call(app, stripe.store_id, order_id, call, cause).await;
}
