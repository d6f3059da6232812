//! `GET /payment/success` and `/payment/cancel`: where the shopper lands afterwards.
//!
//! Shows what our record says, brought up to Stripe's, never what the query claims.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use db::checkouts::Checkout;
use db::orders::Order;
use db::stores::Store;
use domain::Money;
use domain::money::Locale;
use domain::order::PaymentStatus;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::session;
use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, Link, Page, Permissions, json_for_script};
use crate::payment_methods::languages;
use crate::payment_methods::wire::PaymentMethodReply;
use crate::sealing;
use crate::work::settle;

/// Stripe adds its own parameters; they are not read.
#[derive(Deserialize)]
pub struct ResultQuery {
    checkout: Option<String>,
}

/// The page after payment, for checkouts and payment links.
#[derive(Template)]
#[template(path = "payment/success.html")]
pub(crate) struct SuccessPage<'a> {
    pub page: &'a Page,
    pub state: &'a str,
    pub is_live: bool,
    pub store_name: &'a str,
    pub order_number: Option<String>,
    pub amount: Option<String>,
    pub by_hand: Option<PaymentMethodReply>,
    pub success_url: Option<String>,
    pub checkout_url: Option<String>,
    pub config_json: Option<String>,
}

#[derive(Template)]
#[template(path = "payment/cancel.html")]
struct CancelPage<'a> {
    page: &'a Page,
    back: Option<Link>,
}

/// Settles the payment, whichever of webhook and return comes first, and shows its state.
pub async fn show_payment_result(
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ResultQuery>,
) -> Result<HttpResponse, ApiError> {
    let wanted = languages::of(&request);
    match find_and_show(&app, query.checkout.as_deref(), &wanted).await {
        Err(error) => pages::failure(&app, error),
        shown => shown,
    }
}

async fn find_and_show(
    app: &App,
    token: Option<&str>,
    wanted: &[String],
) -> Result<HttpResponse, ApiError> {
    let Some(token) = token else {
        return unknown(app);
    };
    let Ok(claims) = app.tokens.read_checkout(token, app.now()) else {
        return unknown(app);
    };
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, claims.store_id).await?;
    let checkout = session::load(&mut conn, claims).await?;
    drop(conn);
    let (Some(store), Some(checkout)) = (store, checkout) else {
        return unknown(app);
    };
    match settled_order(app, &store, &checkout).await? {
        Some((order, state)) => {
            let by_hand = by_hand(app, &order, wanted).await?;
            let locale = languages::best(wanted, Locale::find).unwrap_or(&Locale::ENGLISH);
            let money = Money::new(order.amount_minor, order.currency)?.shown(locale);
            show(
                app,
                token,
                &store,
                checkout,
                &order,
                (state, money, by_hand),
            )
        }
        None => unknown(app),
    }
}

/// `GET /payment/cancel`.
pub async fn show_payment_cancelled(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let page = Page::new("Payment cancelled");
    let template = CancelPage {
        page: &page,
        back: None,
    };
    pages::render(
        &app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions::default(),
    )
}

async fn settled_order(
    app: &App,
    store: &Store,
    checkout: &Checkout,
) -> Result<Option<(Order, &'static str)>, ApiError> {
    let mut conn = app.db.read().await?;
    let Some(order) = db::orders::find_open_by_cart(&mut conn, store.id, checkout.cart_id).await?
    else {
        return Ok(None);
    };
    if !order.payment_status.is_payable() {
        return Ok(Some((order, "paid")));
    }
    if order.payment_method_id.is_some() {
        return Ok(Some((order, "placed")));
    }
    let payment = db::payments::find_open_by_order(&mut conn, store.id, order.id).await?;
    drop(conn);
    let Some(intent) = payment.and_then(|payment| payment.payment_intent_id) else {
        return Ok(Some((order, "failed")));
    };
    settle::catch_up(app, store.id, order.mode, &intent).await;
    let fresh = db::orders::find(&mut app.db.read().await?, store.id, order.id)
        .await?
        .unwrap_or(order);
    let state = state(fresh.payment_status);
    Ok(Some((fresh, state)))
}

/// How the shopper pays an order that is not paid through Stripe, in the shopper's language.
async fn by_hand(
    app: &App,
    order: &Order,
    wanted: &[String],
) -> Result<Option<PaymentMethodReply>, ApiError> {
    let Some(method_id) = order.payment_method_id else {
        return Ok(None);
    };
    let mut conn = app.db.read().await?;
    let method = db::payment_methods::find(&mut conn, order.store_id, method_id).await?;
    method
        .map(|method| PaymentMethodReply::manual(&method, wanted))
        .transpose()
}

fn state(payment_status: PaymentStatus) -> &'static str {
    match payment_status {
        PaymentStatus::Failed => "failed",
        PaymentStatus::Unpaid => "processing",
        _ => "paid",
    }
}

fn show(
    app: &App,
    token: &str,
    store: &Store,
    checkout: Checkout,
    order: &Order,
    (state, amount, by_hand): (&str, String, Option<PaymentMethodReply>),
) -> Result<HttpResponse, ApiError> {
    let page = Page::new(format!("Order {} – {}", order.number, store.name));
    let config_json = match state {
        "processing" => {
            let order_token =
                sealing::open_order_token(&app.vault, store.id, order.mode, order.sealed_token())?;
            let config = json!({ "store_id": store.id, "order_id": order.id, "order_token": order_token.expose_secret() });
            Some(json_for_script(&config))
        }
        _ => None,
    };
    let template = SuccessPage {
        page: &page,
        state,
        is_live: order.mode.is_live(),
        store_name: &store.name,
        order_number: Some(order.number.to_string()),
        amount: Some(amount),
        by_hand,
        success_url: checkout.success_url,
        checkout_url: Some(format!("/checkout/{token}")),
        config_json,
    };
    pages::render(
        app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions {
            framed_by: store.allowed_origins.clone(),
            ..Permissions::default()
        },
    )
}

fn unknown(app: &App) -> Result<HttpResponse, ApiError> {
    let page = Page::new("Thank you");
    let template = SuccessPage {
        page: &page,
        state: "unknown",
        is_live: true,
        store_name: "",
        order_number: None,
        amount: None,
        by_hand: None,
        success_url: None,
        checkout_url: None,
        config_json: None,
    };
    pages::render(
        app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions::default(),
    )
}
