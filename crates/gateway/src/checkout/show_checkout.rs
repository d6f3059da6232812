//! `GET /checkouts/{checkout_id}`: what became of a checkout, for the shop's page that opened it.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::session;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::storefront::cart_wire::line_replies;
use crate::tokens::TokenError;

/// The checkout's state and its order, with the checkout token; readable for a day after the token's end.
pub async fn show_checkout(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let invalid = |_: TokenError| {
        ApiError::unauthorized(
            "checkout_token_invalid",
            "Send the checkout_token of this checkout: Authorization: Bearer …",
        )
    };
    let token = crate::guards::bearer(&request).ok_or_else(|| invalid(TokenError::Invalid))?;
    let token = secrecy::ExposeSecret::expose_secret(&token);
    let claims = app
        .tokens
        .read_checkout(token, app.now())
        .map_err(invalid)?;
    if claims.store_id != store.id || claims.checkout_id.to_string() != path.1 {
        return Err(ApiError::not_found("checkout"));
    }
    let mut conn = app.db.read().await?;
    let checkout = session::load(&mut conn, claims)
        .await?
        .ok_or_else(|| ApiError::not_found("checkout"))?;
    let order = db::orders::find_open_by_cart(&mut conn, store.id, checkout.cart_id).await?;
    let order = order.filter(|order| order.cart_version == Some(checkout.cart_version));
    let payment = match &order {
        Some(order) => db::payments::find_open_by_order(&mut conn, store.id, order.id).await?,
        None => None,
    };
    let is_paid = order
        .as_ref()
        .is_some_and(|order| !order.payment_status.is_payable());
    let lines = db::carts::lines(&mut conn, store.id, checkout.cart_id).await?;
    let status = match is_paid {
        true => "completed",
        false if checkout.expires_at <= app.now() => "expired",
        false => "open",
    };
    Ok(HttpResponse::Ok().json(json!({
        "id": checkout.id,
        "status": status,
        "amount": checkout.amount_minor,
        "currency": checkout.currency,
        "items": line_replies(checkout.currency, lines)?,
        "shipping": checkout.shipping_method_id.map(|method_id| json!({
            "method_id": method_id,
            "amount": checkout.shipping_minor,
        })),
        "order": order.map(|order| json!({
            "id": order.id,
            "number": order.number.to_string(),
            "status": order.status,
            "payment_status": order.payment_status,
            "amount": order.amount_minor,
            "currency": order.currency,
            "payment_intent_id": payment.and_then(|payment| payment.payment_intent_id),
        })),
    })))
}
