//! `GET /pay/{link_token}`: the page of a payment link, before, while and after it is paid.
//!
//! Stripe sends the shopper back to this page: it then looks at the payment and makes the order, so that nothing depends on the
//! browser. What its address says (`back`, `redirect_status` …) is at most a reason to look.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use db::payment_links::{LinkState, PaymentLink};
use db::payments::{Payment, PaymentState};
use domain::money::Locale;
use serde::Deserialize;
use stripe_http::PaymentIntentId;
use stripe_http::payment_intents::{self, Status};

use super::complete::{complete_apart, payment_of};
use super::found;
use super::shown::{self, Shown};
use crate::app::App;
use crate::error::ApiError;
use crate::middleware::rate_limit::Budget;
use crate::pages;
use crate::payment_methods::languages;
use crate::stripe::StoreStripe;
use crate::work::settle;

/// What the page adds to its address for whoever is back from paying. What Stripe adds is not read.
#[derive(Deserialize)]
pub struct ReturnQuery {
    back: Option<String>,
}

/// Shows the payment form, or what became of the link.
pub async fn show_link_page(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    query: web::Query<ReturnQuery>,
) -> Result<HttpResponse, ApiError> {
    let wanted = languages::of(&request);
    let locale = languages::best(&wanted, Locale::find).unwrap_or(&Locale::ENGLISH);
    let is_back = query.back.is_some();
    match show(&app, &token, is_back, locale).await {
        Err(error) => pages::failure(&app, error),
        page => page,
    }
}

async fn show(
    app: &web::Data<App>,
    token: &str,
    is_back: bool,
    locale: &'static Locale,
) -> Result<HttpResponse, ApiError> {
    let link = match found::find(app, token).await {
        Err(error) if error.status() == StatusCode::NOT_FOUND => return shown::unknown(app),
        link => link?,
    };
    let payment = payment_of(app, &link).await?;
    let mut outcome = match outcome(app, &link, &payment, is_back).await {
        Err(error) => after_failure(app, &link, error).await?,
        outcome => outcome?,
    };
    if was_taken(app, &link, &outcome).await? {
        outcome = Shown::Taken;
    }
    shown::render(app, token, &link, &payment, outcome, locale).await
}

async fn outcome(
    app: &web::Data<App>,
    link: &PaymentLink,
    payment: &Payment,
    is_back: bool,
) -> Result<Shown, ApiError> {
    let now = app.now();
    if link.state == LinkState::Completed {
        return order_of(app, link).await;
    }
    if found::is_held(link, now) {
        return Ok(Shown::Processing);
    }
    let ended = found::check_payable(link, now);
    if ended.is_err() && link.state != LinkState::Open {
        return ended.map(|()| Shown::Form);
    }
    let arrived = if payment.status.holds_money() {
        Arrived::Money
    } else if is_back {
        look(app, link, payment).await
    } else {
        Arrived::Nothing
    };
    if ended.is_err() && matches!(arrived, Arrived::Money | Arrived::Later) {
        // Paid in time: our own work makes the order.
        return Ok(Shown::Processing);
    }
    ended?;
    match arrived {
        Arrived::Money => Ok(Shown::Paid(complete_apart(app, link.clone()).await?.number)),
        Arrived::Later => Ok(Shown::Processing),
        Arrived::Refused => Ok(Shown::Failed),
        Arrived::Nothing => Ok(Shown::Form),
    }
}

/// Whether the merchant has captured, in Stripe's dashboard, what there will be no order for.
async fn was_taken(app: &App, link: &PaymentLink, outcome: &Shown) -> Result<bool, ApiError> {
    let is_over = matches!(
        outcome,
        Shown::Expired | Shown::Closed | Shown::Outdated | Shown::SoldOut
    );
    if !is_over {
        return Ok(false);
    }
    let mut payment = payment_of(app, link).await?;
    let may_be_old = match payment.status {
        PaymentState::Authorized => true,
        // Only what Stripe said holds money gets as far as the stock.
        PaymentState::Open => matches!(outcome, Shown::SoldOut),
        PaymentState::Creating | PaymentState::Succeeded | PaymentState::Canceled => false,
    };
    if let Some(intent) = payment.payment_intent_id.as_deref().filter(|_| may_be_old) {
        // Nobody is to be told that nothing was charged, where a webhook is late.
        settle::catch_up(app, link.store_id, link.mode, intent).await;
        payment = payment_of(app, link).await?;
    }
    // A newer link of the same cart may have made the order.
    Ok(payment.order_id.is_none()
        && payment.status == PaymentState::Succeeded
        && payment.captured_minor > payment.refunded_minor)
}

async fn order_of(app: &App, link: &PaymentLink) -> Result<Shown, ApiError> {
    let Some(order_id) = link.order_id else {
        return Err(ApiError::internal(
            "a completed payment link without an order",
        ));
    };
    let mut conn = app.db.read().await?;
    let order = db::orders::find(&mut conn, link.store_id, order_id).await?;
    order
        .map(|order| Shown::Paid(order.number))
        .ok_or_else(|| ApiError::internal("a completed payment link without its order"))
}

/// What Stripe says of the payment of somebody who is back from paying.
enum Arrived {
    /// It holds the money.
    Money,
    /// The bank is at work on it, or Stripe does not answer.
    Later,
    /// The last try failed.
    Refused,
    /// Nobody has tried.
    Nothing,
}

async fn look(app: &App, link: &PaymentLink, payment: &Payment) -> Arrived {
    let store_id = link.store_id;
    if app
        .rate_limits
        .check(Budget::StripeReads, store_id)
        .is_err()
    {
        return Arrived::Later;
    }
    match read(app, link, payment).await {
        Ok(arrived) => arrived,
        Err(error) => {
            tracing::warn!(%store_id, ?error, "a payment could not be read from Stripe for its shopper");
            Arrived::Later
        }
    }
}

async fn read(app: &App, link: &PaymentLink, payment: &Payment) -> Result<Arrived, ApiError> {
    let Some(intent) = payment.payment_intent_id.as_deref() else {
        return Ok(Arrived::Nothing);
    };
    let id = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let stripe = StoreStripe::of_payment(app, link.store_id, payment).await?;
    let intent = match payment_intents::retrieve(&stripe.client, &id).await {
        Ok(intent) => intent,
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    Ok(match intent.status {
        Status::RequiresCapture | Status::Succeeded => Arrived::Money,
        Status::Processing | Status::Unknown(_) => Arrived::Later,
        _ if intent.last_payment_error.is_some() => Arrived::Refused,
        _ => Arrived::Nothing,
    })
}

/// What a failure means for the shopper: an end, or only that it takes longer; our own work goes on with a passing one.
async fn after_failure(app: &App, link: &PaymentLink, error: ApiError) -> Result<Shown, ApiError> {
    match (error.status(), error.code()) {
        (_, "link_used") => {
            let mut conn = app.db.read().await?;
            let fresh = db::payment_links::find(&mut conn, link.store_id, link.id).await?;
            drop(conn);
            order_of(app, &fresh.ok_or(error)?).await
        }
        (_, "link_busy") => Ok(Shown::Processing),
        (_, "link_expired") => Ok(if link.expires_at <= app.now() {
            Shown::Expired
        } else {
            Shown::Closed
        }),
        (_, "link_outdated") => Ok(Shown::Outdated),
        (_, "insufficient_stock") => Ok(Shown::SoldOut),
        (StatusCode::UNPROCESSABLE_ENTITY, _)
        | (_, "cart_locked" | "payment_already_used" | "payment_released") => Ok(Shown::Closed),
        (_, "payment_incomplete") => Ok(Shown::Form),
        (_, "payment_mismatch") => Ok(Shown::Outdated),
        (StatusCode::INTERNAL_SERVER_ERROR, _) => Err(error),
        _ => {
            tracing::warn!(store_id = %link.store_id, ?error, "a paid payment link is completed later");
            Ok(Shown::Processing)
        }
    }
}
