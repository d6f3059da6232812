//! `GET /api/v1/payment-links/{link_token}`: what a browser needs to pay a link.

use actix_web::{HttpResponse, web};
use db::payment_links::PaymentLink;
use db::payments::{Payment, PaymentState};
use secrecy::ExposeSecret;
use serde_json::json;
use stripe_http::PaymentIntentId;
use stripe_http::payment_intents::{self, Status};

use super::found;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// `{client_secret, publishable_key, amount, currency, email}` for whoever has the token; never an address.
///
/// 404 for an unknown token, 410 `link_used` or `link_expired`, 409 `link_busy` while its order is made, and `link_outdated`
/// after a change of the cart.
pub async fn show_link(
    app: web::Data<App>,
    token: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let link = found::find(&app, &token).await?;
    found::check_payable(&link, app.now())?;
    let payment = find_payment(&app, &link).await?;
    let intent = payment.payment_intent_id.as_deref();
    let intent = intent.ok_or_else(found::expired)?;
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let stripe = StoreStripe::of_payment(&app, link.store_id, &payment).await?;
    let intent = match payment_intents::retrieve(&stripe.client, &id).await {
        Ok(intent) => intent,
        Err(error) => return Err(stripe.fail(&app, error).await),
    };
    if intent.status == Status::Canceled {
        return Err(found::expired());
    }
    if intent.amount != link.amount_minor || intent.currency != link.currency.as_str() {
        return Err(found::outdated());
    }
    let contact = found::contact(&app, &link)?;
    Ok(HttpResponse::Ok().json(json!({
        "client_secret": intent.client_secret.as_ref().map(ExposeSecret::expose_secret),
        "publishable_key": stripe.connection.publishable_key,
        "amount": intent.amount,
        "currency": intent.currency,
        "email": contact.email,
    })))
}

/// The payment of a link that can be paid: 409 where the cart is another one by now, 410 where the payment was withdrawn.
pub async fn find_payment(app: &App, link: &PaymentLink) -> Result<Payment, ApiError> {
    let mut conn = app.db.read().await?;
    let cart = db::carts::find(&mut conn, link.store_id, link.cart_id, app.now()).await?;
    if cart.is_none_or(|cart| cart.version != link.cart_version) {
        return Err(found::outdated());
    }
    let payment = db::payments::find(&mut conn, link.store_id, link.payment_id).await?;
    payment
        .filter(|payment| payment.status != PaymentState::Canceled)
        .ok_or_else(found::expired)
}
