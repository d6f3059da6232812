//! `GET /payments/{payment_intent_id}`: where a payment stands, by our record brought up to Stripe's.

use actix_web::{HttpRequest, HttpResponse, web};
use db::payment_links::PaymentLink;
use db::payments::{Payment, PaymentState};
use domain::StoreId;
use secrecy::ExposeSecret;
use serde_json::json;
use stripe_http::PaymentIntentId;

use crate::app::App;
use crate::error::ApiError;
use crate::guards::{self, RouteStore};
use crate::links::found;
use crate::orders::wire::{Audience, dashboard_url};
use crate::work::settle;

/// The payment, for its order's shopper, its payment link's holder and its merchant; 404 for anyone else. Of a payment with a
/// link, `payment_link_status` is `open`, `completing`, `completed`, `closed` or `expired`.
pub async fn show_payment(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (payment, link, audience) = find_permitted(&app, &request, store.id, &path.1).await?;
    let payment = if is_settled(payment.status) {
        payment
    } else {
        settle::catch_up(&app, store.id, payment.mode, &path.1).await;
        let fresh =
            db::payments::find_by_intent(&mut app.db.read().await?, store.id, &path.1).await?;
        fresh.unwrap_or(payment)
    };
    let mut reply = json!({
        "id": payment.payment_intent_id,
        "status": stripe_status(&payment),
        "payment_link_status": link.map(|link| found::status(&link, app.now())),
        "order_id": payment.order_id,
    });
    if audience == Audience::Merchant {
        reply["dashboard_url"] = json!(dashboard_url(&payment));
    }
    Ok(HttpResponse::Ok().json(reply))
}

async fn find_permitted(
    app: &App,
    request: &HttpRequest,
    store_id: StoreId,
    payment_intent_id: &str,
) -> Result<(Payment, Option<PaymentLink>, Audience), ApiError> {
    let not_found = || ApiError::not_found("payment");
    let token = guards::bearer(request).ok_or_else(not_found)?;
    PaymentIntentId::parse(payment_intent_id).map_err(|_| not_found())?;
    // Before the connection is taken: a request that holds one and waits for another can wait for itself.
    let api_key = guards::find_api_key(app, store_id, &token).await?;
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, payment_intent_id)
        .await?
        .ok_or_else(not_found)?;
    let newest = db::payment_links::find_by_payment(&mut conn, store_id, payment.id).await?;
    if let Some(key) = api_key {
        return if key.mode == payment.mode {
            Ok((payment, newest, Audience::Merchant))
        } else {
            Err(not_found())
        };
    }
    let token_hash = guards::sha256_hex(token.expose_secret());
    let own = db::payment_links::find_by_token(&mut conn, &token_hash).await?;
    let own = own.filter(|link| link.store_id == store_id && link.payment_id == payment.id);
    if own.is_some() {
        return Ok((payment, own, Audience::Shopper));
    }
    let order = match payment.order_id {
        Some(order_id) => db::orders::find(&mut conn, store_id, order_id).await?,
        None => None,
    };
    if order.is_some_and(|order| guards::is_order_token(&order, &token)) {
        Ok((payment, newest, Audience::Shopper))
    } else {
        Err(not_found())
    }
}

fn is_settled(state: PaymentState) -> bool {
    matches!(state, PaymentState::Succeeded | PaymentState::Canceled)
}

/// Stripe's word for where our record stands, as far as it is one of [`STATUSES`].
fn stripe_status(payment: &Payment) -> &'static str {
    match payment.status {
        PaymentState::Creating => "requires_payment_method",
        PaymentState::Open => match payment.stripe_status.as_deref() {
            Some("requires_confirmation") => "requires_confirmation",
            Some("requires_action") => "requires_action",
            None | Some("requires_payment_method") => "requires_payment_method",
            // A word that Stripe added after this version: nothing that the shopper has to do.
            Some(_) => "processing",
        },
        PaymentState::Authorized => "requires_capture",
        PaymentState::Succeeded => "succeeded",
        PaymentState::Canceled => "canceled",
    }
}

/// Every answer of `stripe_status`.
pub const STATUSES: [&str; 7] = [
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
];
