//! `POST /orders/{order_id}/refunds`, with a store API key.

use actix_web::{HttpRequest, HttpResponse, web};
use db::orders::Order;
use db::payments::Payment;
use domain::Money;
use serde::Deserialize;
use stripe_http::refunds::Reason;
use utoipa::ToSchema;

use super::plan::{Amount, not_refundable};
use super::wire::RefundReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{StoreKey, sha256_hex};
use crate::json::OptionalJson;
use crate::openapi::words;
use crate::orders::access::find_of_key;
use crate::timeline::Cause;
use crate::work::settle;

/// What to refund; nothing means all that is left.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRefund)]
pub struct RefundRequest {
    #[schema(value_type = Option<words::Amount>)]
    amount: Option<i64>,
    #[schema(pattern = "^(duplicate|fraudulent|requested_by_customer)$")]
    reason: Option<String>,
    #[schema(min_length = 1, max_length = 255)]
    action_key: Option<String>,
}

/// Longest name that a caller may give a refund.
const MAX_ACTION_KEY_CHARS: usize = 255;

/// Refunds; 201 with the refund, or 200 with the one that has this name already.
pub async fn create_refund(
    app: web::Data<App>,
    request: HttpRequest,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    body: OptionalJson<RefundRequest>,
) -> Result<HttpResponse, ApiError> {
    let store_id = caller.store.id;
    let order = find_of_key(&app, &caller, &path.1).await?;
    let payment = captured_payment(&app, &order).await?;
    let amount = body.0.amount.map_or(Ok(Amount::Rest), |amount_minor| {
        Money::new(amount_minor, payment.currency)
            .and_then(Money::chargeable)
            .map(|amount| Amount::Minor(amount.amount_minor()))
    })?;
    let reason = body.0.reason.as_deref().map(reason).transpose()?;
    let key = action_key(&request, &caller, body.0.action_key.as_deref())?;
    let (actor, key_id) = (caller.actor(), caller.key.id.to_string());
    let (refund, is_new) = super::request(
        &app,
        store_id,
        &order,
        &payment,
        amount,
        reason,
        &actor,
        key.as_deref(),
        Cause::ApiKey(&key_id),
    )
    .await?;
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(RefundReply::from(refund)))
}

/// The order's payment. One that our record does not know captured is looked at once: its webhook may be late.
async fn captured_payment(app: &App, order: &Order) -> Result<Payment, ApiError> {
    let find = async || {
        let mut conn = app.db.read().await?;
        let payment = db::payments::find_open_by_order(&mut conn, order.store_id, order.id).await?;
        payment.ok_or_else(not_refundable)
    };
    let payment = find().await?;
    if payment.captured_minor > 0 {
        return Ok(payment);
    }
    if let Some(intent) = &payment.payment_intent_id {
        settle::catch_up(app, order.store_id, order.mode, intent).await;
    }
    find().await
}

fn reason(word: &str) -> Result<Reason, ApiError> {
    Reason::from_word(word).ok_or_else(|| {
        ApiError::malformed(
            "invalid_value",
            "reason must be duplicate, fraudulent or requested_by_customer.",
        )
        .param("reason")
    })
}

/// What names this refund: the caller's `action_key`, or else its `Idempotency-Key`, because an answer that was lost, or
/// was a 5xx, is not kept for the next call.
fn action_key(
    request: &HttpRequest,
    caller: &StoreKey,
    given: Option<&str>,
) -> Result<Option<String>, ApiError> {
    if let Some(given) = given {
        let key = domain::text::line(given, MAX_ACTION_KEY_CHARS).map_err(|error| {
            ApiError::malformed("invalid_value", format!("action_key {error}.")).param("action_key")
        })?;
        return Ok(Some(format!("action:{key}")));
    }
    let header = request.headers().get("Idempotency-Key");
    let header = header.and_then(|value| value.to_str().ok());
    Ok(header.map(|key| {
        let whose = caller.key.id;
        format!("request:{}", sha256_hex(&format!("{whose} {key}")))
    }))
}
