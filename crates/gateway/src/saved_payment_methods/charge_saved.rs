//! `POST /saved-payment-methods/{saved_payment_method_id}/charges`, with a store API key: pays a cart with what its shopper let the store keep,
//! without the shopper. The body is that of `POST /payment-links`.
//!
//! It is a payment link that we pay ourselves. So whatever happens half-way is finished by `work/links.rs`, and where the bank
//! wants the shopper, the shopper gets the link.

use actix_web::body::MessageBody;
use actix_web::{HttpResponse, ResponseError, web};
use db::customers::Customer;
use db::orders::Order;
use db::payment_links::{Claimer, PaymentLink};
use db::saved_payment_methods::SavedPaymentMethod;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use stripe_http::payment_intents::{
    self, ConfirmParams, FutureUsage, PaymentIntent, Status, UpdateParams,
};
use stripe_http::{CustomerId, Error as StripeError, IdempotencyKey};

use super::{consent, customer, wire};
use crate::app::App;
use crate::checkout::intent;
use crate::checkout::plan::Plan;
use crate::error::ApiError;
use crate::guards::{self, StoreKey};
use crate::json::Json;
use crate::links::complete::{complete_apart, end, take};
use crate::links::create_link::{LinkRequest, prepare, store_link};
use crate::links::found;
use crate::orders::wire::{Audience, OrderReply};
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};

/// 201 the order, paid or held as the store's `capture_on` says. 402 `card_declined`; 402 `authentication_required` with a
/// `payment_url` beside the error, for the shopper; the same call again never charges a cart twice.
pub async fn charge_saved(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    Json(body): Json<LinkRequest>,
) -> Result<HttpResponse, ApiError> {
    let store = &caller.store;
    let (method, customer) = wire::find(&app, &caller, &path.1).await?;
    let (basket, contact) = prepare(&app, store, Some(&caller.key), body).await?;
    let stripe = StoreStripe::open(&app, store.id, customer.mode).await?;
    if stripe.connection.account_id != customer.account_id {
        return Err(ApiError::conflict(
            "account_changed",
            "This was saved at another Stripe account than the store's present one. Ask the shopper to pay again.",
        ));
    }
    let plan = Plan::for_cart(store, &basket, contact.email.clone())?;
    let known = customer.stripe_customer_id.as_deref();
    let known = CustomerId::parse(known.ok_or_else(given_up)?).map_err(ApiError::internal)?;
    let mut ensured = intent::ensure(&app, store.id, &plan).await?;
    if let Some(before) = &ensured.intent.customer
        && *before != known
    {
        // Once told whose payment it is, Stripe takes nobody else's card for it.
        ensured = intent::replace(&app, store.id, &plan, ensured).await?;
    }
    let token = SecretString::from(format!("pl_{}", guards::random_token()));
    let link = store_link(&app, store.id, &basket, &contact, &ensured, &token).await?;
    let payment_url = app
        .settings
        .public(&format!("/pay/{}", token.expose_secret()));
    let whose = (&customer, known);
    let paid = pay(&app, &stripe, &ensured.intent, &method, whose, &link);
    let request_id = match paid.await {
        Ok(request_id) => request_id,
        Err(Refused::Authentication) => return ask_shopper(&payment_url),
        Err(Refused::Declined(error)) => {
            if let Some(until) = take(&app, &link, Claimer::Holder).await? {
                end(&app, &link, until).await?;
            }
            return Err(error);
        }
        Err(Refused::Other(error)) => return Err(error),
    };
    let order = order_of(&app, link).await?;
    if request_id.is_some() {
        let call = StripeCall::done("confirm", request_id.as_deref());
        let actor = caller.key.id.to_string();
        timeline::tell_call(&app, store.id, order.id, call, Cause::ApiKey(&actor)).await;
    }
    let mut conn = app.db.read().await?;
    let reply = OrderReply::load(&app, &mut conn, &order, Audience::Merchant).await?;
    Ok(HttpResponse::Created().json(reply))
}

/// Why the card was not charged.
enum Refused {
    /// The bank wants to ask the shopper.
    Authentication,
    /// The bank says no.
    Declined(ApiError),
    /// Anything else: nobody knows yet, or nothing was tried.
    Other(ApiError),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

/// Answers with Stripe's id of the request; `None` where it was paid before.
async fn pay(
    app: &App,
    stripe: &StoreStripe,
    intent: &PaymentIntent,
    method: &SavedPaymentMethod,
    (customer, known): (&Customer, CustomerId),
    link: &PaymentLink,
) -> Result<Option<String>, Refused> {
    // An earlier call has done it, and its answer was lost.
    if matches!(intent.status, Status::RequiresCapture | Status::Succeeded) {
        return Ok(None);
    }
    let key =
        |step| IdempotencyKey::parse(format!("{}-{step}", link.id)).map_err(ApiError::internal);
    let keeps = intent.setup_future_usage.is_some();
    if keeps || intent.customer.as_ref() != Some(&known) {
        let params = UpdateParams {
            customer: Some(known),
            // Nobody agrees to anything for later who is not there: Stripe refuses both at once.
            setup_future_usage: keeps.then_some(FutureUsage::Never),
            ..UpdateParams::default()
        };
        let updated =
            payment_intents::update(&stripe.client, &intent.id, &params, &key("customer")?).await;
        match updated {
            Ok(_) if keeps => consent::lift(app, link.store_id, link.payment_id, customer).await?,
            Ok(_) => {}
            Err(error) if customer::is_gone(&error) => {
                customer::forget(app, link.store_id, customer).await?;
                return Err(given_up().into());
            }
            Err(error) => return Err(stripe.fail(app, error).await.into()),
        }
    }
    let params = ConfirmParams {
        payment_method: wire::stripe_id(method)?,
        off_session: true,
        // Nobody comes back from here, and a link's token is nobody else's.
        return_url: app.settings.public("/payment/success"),
    };
    let confirmed =
        payment_intents::confirm(&stripe.client, &intent.id, &params, &key("confirm")?).await;
    match confirmed {
        Ok(intent) => match intent.status {
            Status::RequiresCapture | Status::Succeeded => Ok(intent.request_id),
            Status::RequiresAction => Err(Refused::Authentication),
            _ => Err(payment_under_way().into()),
        },
        Err(StripeError::Card(error)) => {
            let code = error.code.as_deref().unwrap_or_default();
            let decline_code = error.decline_code.as_deref().unwrap_or_default();
            if "authentication_required" == code || "authentication_required" == decline_code {
                return Err(Refused::Authentication);
            }
            Err(Refused::Declined(StripeError::Card(error).into()))
        }
        Err(error) => Err(stripe.fail(app, error).await.into()),
    }
}

/// 404: the card went with its customer.
fn given_up() -> ApiError {
    ApiError::not_found("saved payment method")
}

fn payment_under_way() -> ApiError {
    ApiError::unavailable(
        "payment_busy",
        "The bank is at work on the payment. Send the same again in a moment: it is charged once.",
        5,
    )
}

/// The order that the link makes, whoever was first at it.
async fn order_of(app: &web::Data<App>, link: PaymentLink) -> Result<Order, ApiError> {
    let (store_id, link_id) = (link.store_id, link.id);
    match complete_apart(app, link).await {
        Err(error) if error.code() == "link_used" => {
            let mut conn = app.db.read().await?;
            let done = db::payment_links::find(&mut conn, store_id, link_id).await?;
            let order_id = done.and_then(|link| link.order_id).ok_or(error)?;
            let order = db::orders::find(&mut conn, store_id, order_id).await?;
            order.ok_or_else(found::busy)
        }
        other => other,
    }
}

/// 402, with the link to send to the shopper.
fn ask_shopper(payment_url: &str) -> Result<HttpResponse, ApiError> {
    let error = ApiError::payment(
        "authentication_required",
        "The shopper's bank wants to confirm this payment. Send the shopper the payment_url.",
    );
    let (head, body) = error.error_response().into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut envelope: Value = serde_json::from_slice(&body).map_err(ApiError::internal)?;
    envelope["payment_url"] = json!(payment_url);
    Ok(head.set_body(envelope.to_string()).map_into_boxed_body())
}
