//! `POST /checkouts`: opens a checkout for a cart and answers with the URL of the page that takes the money.

use actix_web::{HttpResponse, web};
use db::checkouts::Checkout;
use db::stores::Store;
use domain::CheckoutId;
use domain::return_url::{Origin, ReturnUrl};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::connect::visit;
use crate::error::ApiError;
use crate::guards::RouteStore;
use crate::json::Json;
use crate::openapi::words;
use crate::orders::place;
use crate::personal::{Address, Contact, Row};
use crate::shipping::choice::{AddressIs, ShippingIs};
use crate::storefront::prices;
use crate::storefront::replace_cart_items::check_unlocked;
use crate::storefront::show_cart::find_cart;
use crate::stripe::not_connected;
use crate::tokens::{CHECKOUT_TOKEN_LIFE, CheckoutClaims, TokenError};

/// What a checkout is made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCheckout)]
pub struct CheckoutRequest {
    #[schema(value_type = words::Id)]
    cart_id: String,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(value_type = Option<words::Id>)]
    shipping_method_id: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
    #[schema(format = "uri", max_length = 2048)]
    success_url: Option<String>,
    #[schema(format = "uri", max_length = 2048)]
    cancel_url: Option<String>,
    #[serde(default)]
    offer_to_save: bool,
}

/// Opens a checkout of 30 minutes. Nothing is asked of Stripe until the shopper pays.
pub async fn create_checkout(
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    Json(body): Json<CheckoutRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let allowed = return_origins(&app, &store);
    let success_url = body
        .success_url
        .map(|url| return_url(&url, &allowed, "success_url"))
        .transpose()?;
    let cancel_url = body
        .cancel_url
        .map(|url| return_url(&url, &allowed, "cancel_url"))
        .transpose()?;
    let contact = Contact::parse(body.email, body.shipping_address, body.billing_address)?;
    // What the checkout stands on may change at any time; it keeps the cart's version, and paying compares it.
    let mut conn = app.db.read().await?;
    let cart = find_cart(&mut conn, store.id, &body.cart_id, now).await?;
    check_unlocked(&mut conn, store.id, &cart).await?;
    db::connections::find(&mut conn, store.id, cart.mode)
        .await?
        .ok_or_else(not_connected)?;
    drop(conn);
    let wanted = body.shipping_method_id.as_deref();
    let basket = place::read_basket(&app, store.id, &body.cart_id, wanted, None).await?;
    // The page asks for what is not said here.
    let asked = (ShippingIs::Optional, AddressIs::Optional);
    basket
        .check_shipping(&app, store.id, &contact, asked)
        .await?;
    prices::check(&app, store.id, &basket, None).await?;
    let (cart, total) = (basket.cart, basket.total);
    let shipping = basket.shipping.map(|choice| choice.shipping);
    let id = CheckoutId::generate();
    let row = Row {
        store_id: store.id,
        table: "checkouts",
        id: *id.as_uuid(),
    };
    let checkout = Checkout {
        id,
        mode: cart.mode,
        cart_id: cart.id,
        cart_version: cart.version,
        amount_minor: total.amount_minor(),
        shipping_method_id: shipping.as_ref().map(|shipping| shipping.method_id),
        shipping_minor: shipping.map_or(0, |shipping| shipping.amount_minor),
        currency: total.currency(),
        contact_sealed: contact.seal(&app.vault, row)?,
        success_url,
        cancel_url,
        created_at: now,
        expires_at: now + CHECKOUT_TOKEN_LIFE,
    };
    let mut tx = app.db.begin().await?;
    db::checkouts::insert(&mut tx, store.id, &checkout).await?;
    tx.commit().await?;
    reply(&app, &store, &checkout, body.offer_to_save)
}

fn reply(
    app: &App,
    store: &Store,
    checkout: &Checkout,
    offer_to_save: bool,
) -> Result<HttpResponse, ApiError> {
    let claims = CheckoutClaims {
        store_id: store.id,
        checkout_id: checkout.id,
    };
    let token = app
        .tokens
        .mint_checkout(claims, checkout.created_at)
        .map_err(|error: TokenError| ApiError::internal(error))?;
    let token = token.expose_secret();
    // Only whether a question is asked: what the shopper answers is not in any address.
    let query = if offer_to_save {
        "?offer_to_save=true"
    } else {
        ""
    };
    Ok(HttpResponse::Created().json(json!({
        "id": checkout.id,
        "checkout_token": token,
        "checkout_url": app.settings.public(&format!("/checkout/{token}{query}")),
        "amount": checkout.amount_minor,
        "currency": checkout.currency,
        "expires_at": checkout.expires_at,
    })))
}

/// Where this store's shoppers may be sent: where its merchants may, and to the pages that show the widget.
fn return_origins(app: &App, store: &Store) -> Vec<Origin> {
    let mut origins = visit::return_origins(app, store);
    origins.extend(
        store
            .allowed_origins
            .iter()
            .filter_map(|text| Origin::parse(text).ok()),
    );
    origins
}

fn return_url(text: &str, allowed: &[Origin], param: &'static str) -> Result<String, ApiError> {
    let url = ReturnUrl::parse(text, allowed).map_err(|error| {
        let message =
            format!("{param}: {error}. Add the shop's origin to the store's return_origins first.");
        ApiError::malformed("invalid_url", message).param(param)
    })?;
    Ok(url.as_str().to_owned())
}
