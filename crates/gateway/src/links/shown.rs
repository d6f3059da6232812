//! What the page of a payment link shows, state by state.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use db::connections::Connection;
use db::payment_links::PaymentLink;
use db::payments::Payment;
use db::stores::Store;
use domain::Money;
use domain::money::Locale;
use serde_json::{Value, json};

use super::found;
use super::show_link::find_payment;
use crate::app::App;
use crate::checkout::page::{CheckoutPage, line_view};
use crate::checkout::result::SuccessPage;
use crate::error::ApiError;
use crate::pages::{self, MessageKind, Page, Permissions, json_for_script};
use crate::stripe::is_elsewhere;

/// What a link's holder sees.
pub enum Shown {
    /// The payment form.
    Form,
    /// The money is there, the order is not yet; or nobody knows yet.
    Processing,
    /// The order's number.
    Paid(i64),
    /// The last try to pay failed.
    Failed,
    /// It was not paid in time.
    Expired,
    /// It cannot be paid any more, for another reason.
    Closed,
    /// The cart has changed.
    Outdated,
    /// The cart was bought by others first.
    SoldOut,
    /// The money was taken, and there will be no order.
    Taken,
}

/// Renders the page of a link.
pub async fn render(
    app: &App,
    token: &str,
    link: &PaymentLink,
    payment: &Payment,
    shown: Shown,
    locale: &'static Locale,
) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, link.store_id).await?;
    drop(conn);
    let Some(store) = store else {
        return unknown(app);
    };
    match shown {
        Shown::Form => form(app, token, link, &store, locale).await,
        Shown::Processing => {
            let config = json!({
                "store_id": store.id,
                "payment_intent_id": payment.payment_intent_id,
                "link_token": token,
            });
            result(
                app,
                token,
                link,
                &store,
                ("processing", None, Some(config)),
                locale,
            )
        }
        Shown::Paid(number) => {
            let number = Some(number.to_string());
            result(app, token, link, &store, ("paid", number, None), locale)
        }
        Shown::Failed => result(app, token, link, &store, ("failed", None, None), locale),
        Shown::Expired => error(
            app,
            StatusCode::GONE,
            "This payment link has expired",
            "A payment link can be paid for 30 minutes. Nothing was charged. Ask the shop for a new one.",
        ),
        Shown::Closed => error(
            app,
            StatusCode::GONE,
            "This payment link is no longer valid",
            "It was replaced by a newer one, or its order cannot be made any more. If money was held on your card, it is given free. Ask the shop for a new link.",
        ),
        Shown::Outdated => error(
            app,
            StatusCode::CONFLICT,
            "The order has changed",
            "It was changed after this link was made. If money was held on your card, it is given free. Ask the shop for a new link.",
        ),
        Shown::SoldOut => error(
            app,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Sold out",
            "Something in this order sold out before it was paid. Nothing was charged; what was held on your card is given free.",
        ),
        Shown::Taken => error(
            app,
            StatusCode::CONFLICT,
            "Paid, but not ordered",
            "Your payment went through, but the order could not be made. The shop has been told; ask it for your money back.",
        ),
    }
}

/// A token that leads nowhere.
pub fn unknown(app: &App) -> Result<HttpResponse, ApiError> {
    error(
        app,
        StatusCode::NOT_FOUND,
        "This payment link does not exist",
        "The link is not complete. Copy it whole, or ask the shop for a new one.",
    )
}

fn error(
    app: &App,
    status: StatusCode,
    heading: &str,
    text: &str,
) -> Result<HttpResponse, ApiError> {
    pages::message(app, status, MessageKind::Error, heading, text, None)
}

fn not_connected(app: &App, store: &Store) -> Result<HttpResponse, ApiError> {
    let text = format!(
        "{} cannot take card payments at the moment. Nothing was charged; try again later or ask the shop.",
        store.name
    );
    let heading = "Payment is not possible right now";
    let kind = MessageKind::Wait;
    pages::message(app, StatusCode::CONFLICT, kind, heading, &text, None)
}

fn result(
    app: &App,
    token: &str,
    link: &PaymentLink,
    store: &Store,
    (state, order_number, config): (&str, Option<String>, Option<Value>),
    locale: &Locale,
) -> Result<HttpResponse, ApiError> {
    let page = Page::new(format!("Pay {}", store.name));
    let template = SuccessPage {
        page: &page,
        state,
        is_live: link.mode.is_live(),
        store_name: &store.name,
        order_number,
        amount: Some(Money::new(link.amount_minor, link.currency)?.shown(locale)),
        by_hand: None,
        success_url: None,
        checkout_url: Some(format!("/pay/{token}")),
        config_json: config.map(|config| json_for_script(&config)),
    };
    let permissions = Permissions {
        framed_by: store.allowed_origins.clone(),
        ..Permissions::default()
    };
    pages::render(app, StatusCode::OK, &page, &template, &permissions)
}

async fn form(
    app: &App,
    token: &str,
    link: &PaymentLink,
    store: &Store,
    locale: &'static Locale,
) -> Result<HttpResponse, ApiError> {
    let payment = match find_payment(app, link).await {
        Ok(payment) => payment,
        Err(gone) if gone.code() == "link_outdated" => {
            return error(
                app,
                StatusCode::CONFLICT,
                "The order has changed",
                "It was changed after this link was made. Nothing was charged. Ask the shop for a new link.",
            );
        }
        Err(gone) if gone.code() == "link_expired" => {
            return error(
                app,
                StatusCode::GONE,
                "This payment link is no longer valid",
                "Nothing was charged. Ask the shop for a new one.",
            );
        }
        Err(other) => return Err(other),
    };
    let mut conn = app.db.read().await?;
    let (mode, account_id) = (payment.mode, &payment.account_id);
    let connection = db::connections::find_account(&mut conn, store.id, mode, account_id).await?;
    let lines = db::carts::lines(&mut conn, store.id, link.cart_id).await?;
    drop(conn);
    let can_pay = |one: &Connection| !one.reconnect_needed && !is_elsewhere(app, one);
    let Some(connection) = connection.filter(can_pay) else {
        return not_connected(app, store);
    };
    let page = Page::new(format!("Pay {}", store.name));
    let shown = |minor| Ok::<_, ApiError>(Money::new(minor, link.currency)?.shown(locale));
    let shipping_minor = found::as_checkout(link, &lines).shipping_minor;
    let subtotal_minor = link.amount_minor - shipping_minor;
    let is_shipped = link.shipping_method_id.is_some();
    let email = found::contact(app, link)?.email;
    let config = json!({
        "store_id": store.id,
        "payment_link": token,
        "publishable_key": connection.publishable_key,
        "amount": link.amount_minor,
        "subtotal": subtotal_minor,
        "shipping": shipping_minor,
        "currency": link.currency,
        "capture_method": "manual",
        "locale": "en",
        "money_locale": locale.tag(),
        "return_url": app.settings.public(&format!("/pay/{token}?back=1")),
        "email": email,
        "stripe_js_url": app.settings.stripe_js_url.as_str(),
    });
    let template = CheckoutPage {
        page: &page,
        store_name: &store.name,
        is_live: link.mode.is_live(),
        lines: lines
            .iter()
            .map(|line| line_view(line, link.currency, locale))
            .collect::<Result<_, _>>()?,
        subtotal: is_shipped.then(|| shown(subtotal_minor)).transpose()?,
        shipping: is_shipped.then(|| shown(shipping_minor)).transpose()?,
        total: shown(link.amount_minor)?,
        email: email.unwrap_or_default(),
        asks_email: false,
        asks_to_save: false,
        delivery: None,
        methods: Vec::new(),
        cancel_url: None,
        stripe_js_url: app.settings.stripe_js_url.to_string(),
        config_json: json_for_script(&config),
    };
    template.answer(app, store)
}
