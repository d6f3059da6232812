//! `POST /orders`: places the order of a cart. A second click gets the same order.

use actix_web::{HttpRequest, HttpResponse, web};
use db::api_keys::ApiKey;
use db::stores::Store;
use serde::Deserialize;
use utoipa::ToSchema;

use super::place::{self, Placed, Wish};
use super::place_paid;
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::checkout::session;
use crate::error::ApiError;
use crate::guards::{MaybeStoreKey, RouteStore};
use crate::json::Json;
use crate::openapi::words;
use crate::payment_methods;
use crate::personal::{Address, Contact};
use crate::sealing;
use crate::shipping::choice::ShippingIs;

/// What an order is made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrder)]
pub struct OrderRequest {
    #[schema(value_type = words::Id)]
    cart_id: String,
    #[schema(max_length = 255, example = "pi_123")]
    payment_reference: Option<String>,
    #[schema(max_length = 255)]
    payment_method_id: Option<String>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(value_type = Option<words::Id>)]
    shipping_method_id: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

/// Places the order, `pending` until it is paid; with `payment_reference`, from a payment that was made first.
pub async fn create_order(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    MaybeStoreKey(key): MaybeStoreKey,
    Json(body): Json<OrderRequest>,
) -> Result<HttpResponse, ApiError> {
    let pay_by =
        payment_methods::choice::choose(&app, store.id, body.payment_method_id.as_deref()).await?;
    if pay_by.is_some() && body.payment_reference.is_some() {
        let message =
            "An order that is paid by hand has no payment_reference. Leave one of them out.";
        return Err(ApiError::malformed("invalid_value", message).param("payment_reference"));
    }
    // A key acts on its own mode: a test key orders no live cart.
    if let Some(key) = &key {
        refuse_other_mode(&app, &store, key, &body.cart_id).await?;
    }
    let contact = Contact::parse(body.email, body.shipping_address, body.billing_address)?;
    let checkout = session::from_bearer(&app, &request, store.id).await?;
    let wish = Wish {
        cart_id: &body.cart_id,
        shipping_method_id: body.shipping_method_id.as_deref(),
        shipping: ShippingIs::for_caller(key.as_ref()),
        pay_by,
    };
    let placed = match body.payment_reference {
        None => place::place(&app, &store, wish, checkout.as_ref(), contact).await?,
        Some(intent) => {
            place_paid::place_paid(&app, &store, wish, &intent, checkout.as_ref(), contact).await?
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

async fn refuse_other_mode(
    app: &App,
    store: &Store,
    key: &ApiKey,
    cart_id: &str,
) -> Result<(), ApiError> {
    let Ok(cart_id) = cart_id.parse() else {
        return Err(ApiError::not_found("cart"));
    };
    let cart = db::carts::find(&mut app.db.read().await?, store.id, cart_id, app.now()).await?;
    if cart.is_some_and(|cart| cart.mode != key.mode) {
        return Err(ApiError::not_found("cart"));
    }
    Ok(())
}
