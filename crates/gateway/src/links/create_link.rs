//! `POST /payment-links`: a link with which somebody else pays a cart, or the shopper later.

use actix_web::{HttpRequest, HttpResponse, web};
use db::api_keys::ApiKey;
use db::payment_links::{LinkState, PaymentLink};
use db::stores::Store;
use domain::{PaymentLinkId, StoreId};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use stripe_http::payment_intents::Status;
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::checkout::intent::{self, Ensured};
use crate::checkout::plan::Plan;
use crate::error::ApiError;
use crate::guards::{self, MaybeStoreKey, RouteStore};
use crate::json::Json;
use crate::openapi::words;
use crate::orders::place::{self, Basket, cart_locked};
use crate::personal::{Address, Contact};
use crate::shield;
use crate::shipping::choice::{AddressIs, ShippingIs};
use crate::storefront::prices;
use crate::storefront::replace_cart_items::check_unlocked;

/// How long a link can be paid.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// What a link is made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaymentLink)]
pub struct LinkRequest {
    #[schema(value_type = words::Id)]
    cart_id: String,
    #[schema(value_type = Option<words::Id>)]
    shipping_method_id: Option<String>,
    #[schema(required = true, nullable = false)]
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
}

/// Makes the cart's `PaymentIntent` and a link of 30 minutes that pays it once. An earlier link of the same cart ends with it.
///
/// 201 `{payment_url, payment_intent_id, expires_at}`. The token is in `payment_url` and nowhere else: only its hash is kept.
pub async fn create_link(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    MaybeStoreKey(key): MaybeStoreKey,
    Json(body): Json<LinkRequest>,
) -> Result<HttpResponse, ApiError> {
    let is_shopper = key.is_none();
    if is_shopper {
        shield::admit_caller(&app, &request, store.id)?;
    }
    let (basket, contact) = prepare(&app, &store, key.as_ref(), body).await?;
    let plan = Plan::for_cart(&store, &basket, contact.email.clone())?;
    if is_shopper {
        shield::admit_payment(&app, &request, store.id, plan.mode, plan.purpose).await?;
    }
    let ensured = intent::ensure(&app, store.id, &plan).await?;
    if !awaits_shopper(&ensured.intent.status) {
        return Err(cart_locked());
    }
    let token = SecretString::from(format!("pl_{}", guards::random_token()));
    let link = store_link(&app, store.id, &basket, &contact, &ensured, &token).await?;
    let path = format!("/pay/{}", token.expose_secret());
    Ok(HttpResponse::Created().json(json!({
        "payment_url": app.settings.public(&path),
        "payment_intent_id": ensured.intent.id,
        "expires_at": link.expires_at,
    })))
}

/// Checks what is to be paid, and by whom, before anything is asked of Stripe.
pub async fn prepare(
    app: &App,
    store: &Store,
    key: Option<&ApiKey>,
    body: LinkRequest,
) -> Result<(Basket, Contact), ApiError> {
    if body.shipping_address.is_none() {
        return Err(ApiError::malformed(
            "parameter_missing",
            "Send shipping_address: the shopper is not asked for it again.",
        )
        .param("shipping_address"));
    }
    let contact = Contact::parse(body.email, body.shipping_address, body.billing_address)?;
    let wanted = body.shipping_method_id.as_deref();
    let basket = place::read_basket(app, store.id, &body.cart_id, wanted, None).await?;
    if key.is_some_and(|key| key.mode != basket.cart.mode) {
        return Err(ApiError::not_found("cart"));
    }
    check_unlocked(&mut app.db.read().await?, store.id, &basket.cart).await?;
    let asked = (ShippingIs::for_caller(key), AddressIs::Needed);
    basket
        .check_shipping(app, store.id, &contact, asked)
        .await?;
    prices::check(app, store.id, &basket, None).await?;
    Ok((basket, contact))
}

fn awaits_shopper(status: &Status) -> bool {
    matches!(
        status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    )
}

/// Writes a link that is open from now on, with the hash of its token.
pub async fn store_link(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    contact: &Contact,
    ensured: &Ensured,
    token: &SecretString,
) -> Result<PaymentLink, ApiError> {
    let now = app.now();
    let intent = ensured.intent.id.as_str();
    let payment = db::payments::find_by_intent(&mut app.db.read().await?, store_id, intent).await?;
    let payment = payment.ok_or_else(place::cart_busy)?;
    let shipping = basket.shipping.as_ref();
    let mut link = PaymentLink {
        store_id,
        id: PaymentLinkId::generate(),
        mode: basket.cart.mode,
        token_hash: guards::sha256_hex(token.expose_secret()),
        state: LinkState::Open,
        cart_id: basket.cart.id,
        cart_version: basket.cart.version,
        payment_id: payment.id,
        shipping_method_id: shipping.map(|choice| choice.shipping.method_id),
        amount_minor: basket.total.amount_minor(),
        currency: basket.total.currency(),
        contact_sealed: None,
        order_id: None,
        claimed_until: None,
        created_at: now,
        expires_at: (now + LINK_LIFE).min(basket.cart.expires_at),
    };
    link.contact_sealed = contact.seal(&app.vault, found::row(store_id, &link))?;
    let mut tx = app.db.begin().await?;
    // One live link per cart: whoever holds two could be told two totals for one payment.
    db::payment_links::close_of_cart(&mut tx, store_id, link.cart_id).await?;
    db::payment_links::insert(&mut tx, store_id, &link).await?;
    tx.commit().await?;
    Ok(link)
}
