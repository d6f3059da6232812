//! `POST /payment-intents`: what the browser needs to let the shopper pay an order, a cart or an amount.

use actix_web::{HttpRequest, HttpResponse, web};
use db::api_keys::ApiKey;
use db::checkouts::Checkout;
use db::orders::Order;
use db::stores::Store;
use domain::order::OrderStatus;
use domain::{Currency, Money};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use stripe_http::payment_intents::Status;
use utoipa::ToSchema;

use super::intent::{self, Ensured};
use super::plan::Plan;
use super::session;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{self, MaybeStoreKey, RouteStore};
use crate::json::Json;
use crate::openapi::words;
use crate::orders::{place, stock};
use crate::personal::Contact;
use crate::saved_payment_methods::consent;
use crate::shield;
use crate::shipping::choice::{AddressIs, ShippingIs};
use crate::storefront::prices;
use crate::work::settle::{self, Trigger};

/// What is to be paid: exactly one of order, cart and amount.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaymentIntent)]
pub struct IntentRequest {
    #[schema(value_type = Option<words::Id>)]
    order_id: Option<String>,
    #[schema(max_length = 2048)]
    order_token: Option<String>,
    #[schema(value_type = Option<words::Id>)]
    cart_id: Option<String>,
    #[schema(value_type = Option<words::Id>)]
    shipping_method_id: Option<String>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(value_type = Option<words::Amount>)]
    amount: Option<i64>,
    #[schema(min_length = 3, max_length = 3, example = "eur")]
    currency: Option<String>,
    save_payment_method: Option<bool>,
}

/// Who asks.
struct Caller {
    key: Option<ApiKey>,
    checkout: Option<Checkout>,
    token: Option<SecretString>,
}

/// Answers 201 with a new `PaymentIntent`, 200 with the one that is there. `save_payment_method` is the shopper's consent, or the
/// end of it, that the store keeps what this is paid with; in the answer it says whether Stripe will.
pub async fn create_payment_intent(
    app: web::Data<App>,
    request: HttpRequest,
    RouteStore(store): RouteStore,
    MaybeStoreKey(key): MaybeStoreKey,
    Json(body): Json<IntentRequest>,
) -> Result<HttpResponse, ApiError> {
    let checkout = session::from_bearer(&app, &request, store.id).await?;
    let token = body
        .order_token
        .clone()
        .map(SecretString::from)
        .or_else(|| guards::bearer(&request));
    let caller = Caller {
        key,
        checkout,
        token,
    };
    let is_shopper = caller.key.is_none();
    if is_shopper {
        shield::admit_caller(&app, &request, store.id)?;
    }
    let save = body.save_payment_method;
    let mut plan = plan(&app, &store, &caller, body).await?;
    plan.api_key_id = caller.key.as_ref().map(|key| key.id.to_string());
    if is_shopper {
        shield::admit_payment(&app, &request, store.id, plan.mode, plan.purpose).await?;
    }
    let mut ensured = intent::ensure(&app, store.id, &plan).await?;
    if let Some(wants) = save {
        consent::follow(&app, &store, &plan, &mut ensured, wants).await?;
    }
    catch_up(&app, &store, &plan, &ensured).await;
    Ok(reply(&ensured))
}

async fn plan(
    app: &App,
    store: &Store,
    caller: &Caller,
    body: IntentRequest,
) -> Result<Plan, ApiError> {
    match (body.order_id, body.cart_id, body.amount) {
        (Some(order_id), None, None) => order_plan(app, store, caller, &order_id).await,
        (None, Some(cart_id), None) => {
            let shipping = body.shipping_method_id.as_deref();
            cart_plan(app, store, caller, &cart_id, shipping, body.email).await
        }
        (None, None, Some(amount)) => amount_plan(store, caller, amount, body.currency),
        _ => Err(ApiError::malformed(
            "parameter_missing",
            "Send exactly one of order_id, cart_id and amount.",
        )),
    }
}

async fn order_plan(
    app: &App,
    store: &Store,
    caller: &Caller,
    order_id: &str,
) -> Result<Plan, ApiError> {
    let not_found = || ApiError::not_found("order");
    if caller.key.is_none() && caller.checkout.is_none() && caller.token.is_none() {
        return Err(ApiError::unauthorized(
            "order_token_required",
            "Send the order_token: Authorization: Bearer …",
        ));
    }
    let order_id = order_id.parse().map_err(|_| not_found())?;
    let order = db::orders::find(&mut app.db.read().await?, store.id, order_id)
        .await?
        .ok_or_else(not_found)?;
    let by_key = caller
        .key
        .as_ref()
        .is_some_and(|key| key.mode == order.mode);
    let by_checkout = caller
        .checkout
        .as_ref()
        .is_some_and(|checkout| Some(checkout.cart_id) == order.cart_id);
    let by_token = caller
        .token
        .as_ref()
        .is_some_and(|token| guards::is_order_token(&order, token));
    if !(by_key || by_checkout || by_token) {
        return Err(not_found());
    }
    if order.status == OrderStatus::Cancelled {
        return Err(intent::order_cancelled());
    }
    refuse_manual(&order)?;
    if order.payment_status.is_payable() && !order.stock_taken {
        // It was left unpaid for long, and its pieces went back: nobody pays for what is gone.
        let now = app.now();
        let until = now + app.settings.stock_hold;
        let mut tx = app.db.begin().await?;
        stock::hold_again(&mut tx, store.id, order.id, until, now).await?;
        tx.commit().await?;
    }
    Plan::for_order(app, store, &order)
}

/// 409: the merchant takes this order's money by hand.
fn refuse_manual(order: &Order) -> Result<(), ApiError> {
    if order.payment_method_id.is_none() {
        return Ok(());
    }
    Err(ApiError::conflict(
        "order_not_payable_by_card",
        "This order is not paid through Stripe: it was placed with another payment method.",
    ))
}

async fn cart_plan(
    app: &App,
    store: &Store,
    caller: &Caller,
    cart_id: &str,
    shipping_method_id: Option<&str>,
    email: Option<String>,
) -> Result<Plan, ApiError> {
    if caller.checkout.is_none() && caller.key.is_none() {
        return Err(ApiError::unauthorized(
            "checkout_token_required",
            "Send the checkout_token: Authorization: Bearer …",
        ));
    }
    let checkout = caller.checkout.as_ref();
    let basket = place::read_basket(app, store.id, cart_id, shipping_method_id, checkout).await?;
    if caller
        .key
        .as_ref()
        .is_some_and(|key| key.mode != basket.cart.mode)
    {
        return Err(ApiError::not_found("cart"));
    }
    let mut conn = app.db.read().await?;
    let order = db::orders::find_open_by_cart(&mut conn, store.id, basket.cart.id).await?;
    let payment = db::payments::find_open_by_cart(&mut conn, store.id, basket.cart.id).await?;
    drop(conn);
    if let Some(order) = order.filter(place::is_firm) {
        refuse_manual(&order)?;
        // Paid already, whichever came first: a second payment is never made.
        return Plan::for_order(app, store, &order);
    }
    let contact = Contact::parse(email, None, None)?;
    let contact = place::complete_contact(app, store.id, checkout, contact)?;
    // Else a shopper would pay what makes no order.
    let asked = (
        ShippingIs::for_caller(caller.key.as_ref()),
        AddressIs::Optional,
    );
    basket
        .check_shipping(app, store.id, &contact, asked)
        .await?;
    // What holds money was made at the prices of its time.
    if !payment.is_some_and(|payment| payment.status.holds_money()) {
        prices::check(app, store.id, &basket, checkout).await?;
    }
    Plan::for_cart(store, &basket, contact.email)
}

fn amount_plan(
    store: &Store,
    caller: &Caller,
    amount: i64,
    currency: Option<String>,
) -> Result<Plan, ApiError> {
    let key = caller.key.as_ref().ok_or_else(|| {
        ApiError::unauthorized(
            "api_key_required",
            "Only the merchant's back end may name an amount. Use a store API key.",
        )
    })?;
    let currency = currency
        .map(|code| code.parse::<Currency>())
        .transpose()?
        .unwrap_or(store.currency);
    let amount = Money::new(amount, currency)?
        .chargeable()
        .map_err(|error| {
            ApiError::unprocessable("amount_not_positive", format!("{error}.")).param("amount")
        })?;
    Plan::for_amount(store, key.mode, amount)
}

/// A second click may find that the money is there already while its webhook is still on the way.
async fn catch_up(app: &App, store: &Store, plan: &Plan, ensured: &Ensured) {
    if !matches!(
        ensured.intent.status,
        Status::Succeeded | Status::RequiresCapture
    ) {
        return;
    }
    if let Err(error) = settle::settle(
        app,
        store.id,
        plan.mode,
        ensured.intent.id.as_str(),
        Trigger::Asked,
    )
    .await
    {
        tracing::warn!(store_id = %store.id, ?error, "a paid PaymentIntent could not be settled yet");
    }
}

fn reply(ensured: &Ensured) -> HttpResponse {
    let intent = &ensured.intent;
    let client_secret = intent
        .client_secret
        .as_ref()
        .map(ExposeSecret::expose_secret);
    let mut response = if ensured.is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    response.json(json!({
        "id": intent.id,
        "client_secret": client_secret,
        "publishable_key": ensured.connection.publishable_key,
        "amount": intent.amount,
        "currency": intent.currency,
        "status": intent.status,
        "save_payment_method": consent::is_kept(intent),
    }))
}
