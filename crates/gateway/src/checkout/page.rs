//! `GET /checkout/{checkout_token}`: the hosted page on which a shopper pays with the store's own Stripe.js key.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use db::carts::Line;
use db::checkouts::Checkout;
use db::connections::Connection;
use db::stores::Store;
use domain::money::Locale;
use domain::{Currency, Money};
use serde::Deserialize;
use serde_json::json;

use super::delivery::{Asked, Delivery};
use super::session;
use crate::app::App;
use crate::error::ApiError;
use crate::orders::place::is_firm;
use crate::pages::{self, Link, MessageKind, Page, Permissions, json_for_script};
use crate::payment_methods::languages;
use crate::payment_methods::wire::PaymentMethodReply;
use crate::personal::{Contact, Row};
use crate::saved_payment_methods::permitted;
use crate::shipping::wire::MAX_METHODS;
use crate::stripe::is_elsewhere;
use crate::tokens::TokenError;

/// The page with the payment form, for checkouts and payment links.
#[derive(Template)]
#[template(path = "checkout/page.html")]
pub(crate) struct CheckoutPage<'a> {
    pub page: &'a Page,
    pub store_name: &'a str,
    pub is_live: bool,
    pub lines: Vec<LineView>,
    pub subtotal: Option<String>,
    pub shipping: Option<String>,
    pub total: String,
    pub email: String,
    pub asks_email: bool,
    pub asks_to_save: bool,
    pub delivery: Option<Delivery>,
    pub methods: Vec<PaymentMethodReply>,
    pub cancel_url: Option<String>,
    pub stripe_js_url: String,
    pub config_json: String,
}

impl CheckoutPage<'_> {
    /// Shows it, with Stripe.js, and in a frame on the pages of the store.
    pub(crate) fn answer(&self, app: &App, store: &Store) -> Result<HttpResponse, ApiError> {
        let permissions = Permissions {
            stripe_js: true,
            framed_by: store.allowed_origins.clone(),
            ..Permissions::default()
        };
        pages::render(app, StatusCode::OK, self.page, self, &permissions)
    }
}

/// A line as people read it.
pub(crate) struct LineView {
    pub name: String,
    pub quantity: i64,
    pub unit_amount: String,
    pub amount: String,
}

/// Everything that the page shows.
struct View {
    store: Store,
    checkout: Checkout,
    connection: Connection,
    may_keep: bool,
    lines: Vec<Line>,
    email: Option<String>,
    delivery: Option<Delivery>,
    methods: Vec<PaymentMethodReply>,
    locale: &'static Locale,
}

/// What a token leads to.
enum Found {
    Payable(Box<View>),
    Paid,
    Outdated(Checkout),
    NotConnected(Store, Checkout),
    NotDelivered(Store, Checkout, Option<String>),
    Unknown,
}

/// What the shop wants asked.
#[derive(Deserialize)]
pub struct PageQuery {
    offer_to_save: Option<String>,
}

/// Shows the payment form, or says in words why there is none.
pub async fn show_checkout_page(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let asks_to_save = query.offer_to_save.is_some();
    match show(&app, &token, &languages::of(&request), asks_to_save).await {
        Err(error) => pages::failure(&app, error),
        shown => shown,
    }
}

async fn show(
    app: &App,
    token: &str,
    wanted: &[String],
    asks_to_save: bool,
) -> Result<HttpResponse, ApiError> {
    let claims = match app.tokens.verify_checkout(token, app.now()) {
        Ok(claims) => claims,
        Err(TokenError::Expired) => return show_expired(app, token, wanted).await,
        Err(TokenError::Invalid) => return unknown(app),
    };
    match find(app, claims, wanted).await? {
        Found::Payable(view) => payment_form(app, token, *view, asks_to_save),
        Found::Paid => Ok(to_result(app, token)),
        Found::Outdated(checkout) => outdated(app, checkout),
        Found::NotConnected(store, checkout) => not_connected(app, &store, checkout),
        Found::NotDelivered(store, checkout, country) => {
            not_delivered(app, &store, checkout, country.as_deref())
        }
        Found::Unknown => unknown(app),
    }
}

/// An expired link still leads to what became of the checkout, or back to the shop.
async fn show_expired(app: &App, token: &str, wanted: &[String]) -> Result<HttpResponse, ApiError> {
    let Ok(claims) = app.tokens.read_checkout(token, app.now()) else {
        return expired(app, None);
    };
    match find(app, claims, wanted).await? {
        Found::Paid => Ok(to_result(app, token)),
        Found::Payable(view) => expired(app, back(view.checkout)),
        Found::Outdated(checkout)
        | Found::NotConnected(_, checkout)
        | Found::NotDelivered(_, checkout, _) => expired(app, back(checkout)),
        Found::Unknown => expired(app, None),
    }
}

fn to_result(app: &App, token: &str) -> HttpResponse {
    let location = app
        .settings
        .public(&format!("/payment/success?checkout={token}"));
    HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .finish()
}

async fn find(
    app: &App,
    claims: crate::tokens::CheckoutClaims,
    wanted: &[String],
) -> Result<Found, ApiError> {
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, claims.store_id).await?;
    let (Some(store), Some(checkout)) = (store, session::load(&mut conn, claims).await?) else {
        return Ok(Found::Unknown);
    };
    let order = db::orders::find_open_by_cart(&mut conn, store.id, checkout.cart_id).await?;
    if order.is_some_and(|order| is_firm(&order)) {
        return Ok(Found::Paid);
    }
    let cart = db::carts::find(&mut conn, store.id, checkout.cart_id, app.now()).await?;
    if cart.is_none_or(|cart| cart.version != checkout.cart_version) {
        return Ok(Found::Outdated(checkout));
    }
    let connection = db::connections::find(&mut conn, store.id, checkout.mode).await?;
    let can_pay = |one: &Connection| !one.reconnect_needed && !is_elsewhere(app, one);
    let Some(connection) = connection.filter(can_pay) else {
        return Ok(Found::NotConnected(store, checkout));
    };
    let place = (store.id, checkout.mode, connection.account_id.as_str());
    let may_keep = permitted::may_keep(&mut conn, place).await?;
    let lines = db::carts::lines(&mut conn, store.id, checkout.cart_id).await?;
    let row = Row {
        store_id: store.id,
        table: "checkouts",
        id: *checkout.id.as_uuid(),
    };
    let contact = Contact::open(&app.vault, row, checkout.contact_sealed.as_deref())?;
    let locale = languages::best(wanted, Locale::find).unwrap_or(&Locale::ENGLISH);
    let asked = Delivery::ask(&mut conn, store.id, &checkout, &contact, locale).await?;
    let delivery = match asked {
        Asked::Nothing => None,
        Asked::Questions(delivery) => Some(delivery),
        Asked::NotServed => {
            let country = contact.shipping_country().map(str::to_owned);
            return Ok(Found::NotDelivered(store, checkout, country));
        }
    };
    let mut methods = Vec::new();
    for method in db::payment_methods::list_active(&mut conn, store.id, MAX_METHODS).await? {
        methods.push(PaymentMethodReply::manual(&method, wanted)?);
    }
    Ok(Found::Payable(Box::new(View {
        store,
        checkout,
        connection,
        may_keep,
        lines,
        email: contact.email,
        delivery,
        methods,
        locale,
    })))
}

fn payment_form(
    app: &App,
    token: &str,
    view: View,
    asks_to_save: bool,
) -> Result<HttpResponse, ApiError> {
    let View {
        store,
        checkout,
        connection,
        may_keep,
        lines,
        email,
        delivery,
        methods,
        locale,
    } = view;
    let page = Page::new(format!("Pay {}", store.name));
    let shown = |minor| Ok::<_, ApiError>(Money::new(minor, checkout.currency)?.shown(locale));
    let subtotal_minor = checkout.amount_minor - checkout.shipping_minor;
    // Where the shopper chooses, the first way of shipping is chosen to begin with.
    let chosen = delivery.as_ref().and_then(Delivery::chosen);
    let shipping_minor = chosen.map_or(checkout.shipping_minor, |option| option.amount_minor);
    let total = Money::new(subtotal_minor, checkout.currency)?
        .checked_add(Money::new(shipping_minor, checkout.currency)?)?;
    let is_shipped = checkout.shipping_method_id.is_some() || chosen.is_some();
    let config = json!({
        "store_id": store.id,
        "checkout_id": checkout.id,
        "cart_id": checkout.cart_id,
        "checkout_token": token,
        "publishable_key": connection.publishable_key,
        "amount": total.amount_minor(),
        "subtotal": subtotal_minor,
        "shipping": shipping_minor,
        "shipping_methods": delivery.as_ref().map(|delivery| &delivery.options),
        "currency": checkout.currency,
        "locale": "en",
        "money_locale": locale.tag(),
        "return_url": app.settings.public(&format!("/payment/success?checkout={token}")),
        "cancel_url": checkout.cancel_url,
        "email": email,
        "stripe_js_url": app.settings.stripe_js_url.as_str(),
    });
    let template = CheckoutPage {
        page: &page,
        store_name: &store.name,
        is_live: checkout.mode.is_live(),
        lines: lines
            .iter()
            .map(|line| line_view(line, checkout.currency, locale))
            .collect::<Result<_, _>>()?,
        subtotal: is_shipped.then(|| shown(subtotal_minor)).transpose()?,
        shipping: is_shipped.then(|| shown(shipping_minor)).transpose()?,
        total: total.shown(locale),
        email: email.unwrap_or_default(),
        asks_email: true,
        asks_to_save: asks_to_save && may_keep,
        delivery,
        methods,
        cancel_url: checkout.cancel_url.clone(),
        stripe_js_url: app.settings.stripe_js_url.to_string(),
        config_json: json_for_script(&config),
    };
    template.answer(app, &store)
}

/// Writes a line for people.
pub(crate) fn line_view(
    line: &Line,
    currency: Currency,
    locale: &Locale,
) -> Result<LineView, ApiError> {
    let unit_amount = Money::new(line.unit_amount_minor, currency)?;
    let quantity = u32::try_from(line.quantity).map_err(ApiError::internal)?;
    Ok(LineView {
        name: line.name.clone(),
        quantity: line.quantity,
        unit_amount: unit_amount.shown(locale),
        amount: unit_amount.checked_mul(quantity)?.shown(locale),
    })
}

fn expired(app: &App, back: Option<Link>) -> Result<HttpResponse, ApiError> {
    let text = "A checkout stays open for 30 minutes. Go back to the shop and check out again; your cart is still there.";
    pages::message(
        app,
        StatusCode::GONE,
        MessageKind::Error,
        "This checkout has expired",
        text,
        back,
    )
}

fn unknown(app: &App) -> Result<HttpResponse, ApiError> {
    let text = "The link is not complete, or it is not from this shop. Go back to the shop and check out again.";
    pages::message(
        app,
        StatusCode::NOT_FOUND,
        MessageKind::Error,
        "This checkout does not exist",
        text,
        None,
    )
}

fn outdated(app: &App, checkout: Checkout) -> Result<HttpResponse, ApiError> {
    let text = "Your cart has changed since this page was opened. Go back to the shop and check out again.";
    pages::message(
        app,
        StatusCode::CONFLICT,
        MessageKind::Error,
        "Your cart has changed",
        text,
        back(checkout),
    )
}

fn not_connected(app: &App, store: &Store, checkout: Checkout) -> Result<HttpResponse, ApiError> {
    let text = format!(
        "{} cannot take card payments at the moment. Nothing was charged; try again later or ask the shop.",
        store.name
    );
    let heading = "Payment is not possible right now";
    pages::message(
        app,
        StatusCode::CONFLICT,
        MessageKind::Wait,
        heading,
        &text,
        back(checkout),
    )
}

fn not_delivered(
    app: &App,
    store: &Store,
    checkout: Checkout,
    country: Option<&str>,
) -> Result<HttpResponse, ApiError> {
    let shop = &store.name;
    let (heading, text) = match country {
        Some(country) => (
            format!("{shop} does not ship there"),
            format!(
                "{shop} does not ship to the country of your address ({country}). Nothing was charged. Go back to the shop and give another address."
            ),
        ),
        None => (
            format!("{shop} cannot ship this order"),
            format!(
                "{shop} has no delivery at prices in {}. Nothing was charged. Go back to the shop, or ask it.",
                checkout.currency.as_str().to_uppercase()
            ),
        ),
    };
    let (status, kind) = (StatusCode::UNPROCESSABLE_ENTITY, MessageKind::Error);
    pages::message(app, status, kind, &heading, &text, back(checkout))
}

fn back(checkout: Checkout) -> Option<Link> {
    checkout.cancel_url.map(|href| Link {
        href,
        label: "Back to the shop".to_owned(),
    })
}
