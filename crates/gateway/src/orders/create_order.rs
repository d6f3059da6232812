//! `POST /orders`: places the order of a cart. A second click gets the same order.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::place::{self, Placed};
use super::place_paid;
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::checkout::session;
use crate::error::ApiError;
use crate::guards::{MaybeStoreKey, RouteStore};
use crate::json::Json;
use crate::personal::{Address, Contact};
use crate::sealing;

/// What an order is made from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    cart_id: String,
    payment_reference: Option<String>,
    payment_method_id: Option<String>,
    email: Option<String>,
    shipping_method_id: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

/// Places the order, `pending` until it is paid; with `payment_reference`, from a payment that was made first.
pub async fn create_order(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    MaybeStoreKey(_): MaybeStoreKey,
    Json(body): Json<OrderRequest>,
) -> Result<HttpResponse, ApiError> {
    check_methods(&body)?;
    let contact = Contact::parse(body.email, body.shipping_address, body.billing_address)?;
    let checkout = session::from_bearer(&app, &request, store.id).await?;
    let placed = match body.payment_reference {
        None => place::place(&app, &store, &body.cart_id, checkout.as_ref(), contact).await?,
        Some(intent) => {
            place_paid::place_paid(
                &app,
                &store,
                &body.cart_id,
                &intent,
                checkout.as_ref(),
                contact,
            )
            .await?
        }
    };
    let (order, is_new) = match placed {
        Placed::New(order) => (order, true),
        Placed::Existing(order) => (order, false),
    };
    let token = sealing::open_order_token(&app.vault, store.id, order.mode, order.sealed_token())?;
    let mut conn = app.db.read().await?;
    let reply = OrderReply::load(&app, &mut conn, &order, Audience::Shopper)
        .await?
        .with_token(&token);
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(reply))
}

/// A store has Stripe's payment method and no shipping methods yet; other ids name nothing of this store.
fn check_methods(body: &OrderRequest) -> Result<(), ApiError> {
    if body.shipping_method_id.is_some() {
        return Err(ApiError::not_found("shipping method").param("shipping_method_id"));
    }
    match body.payment_method_id.as_deref() {
        None | Some("stripe") => Ok(()),
        Some(_) => Err(ApiError::not_found("payment method").param("payment_method_id")),
    }
}
