//! From a link's token to what it stands for, and where it stands.

use db::carts::Line;
use db::checkouts::Checkout;
use db::payment_links::{LinkState, PaymentLink};
use domain::{CheckoutId, StoreId};
use jiff::Timestamp;

use crate::app::App;
use crate::error::ApiError;
use crate::guards::sha256_hex;
use crate::personal::{Contact, Row};

/// Longer tokens are nobody's: ours have 46 characters.
const MAX_TOKEN_CHARS: usize = 128;

/// The link of this token; 404 where there is none.
pub async fn find(app: &App, token: &str) -> Result<PaymentLink, ApiError> {
    let not_found = || ApiError::not_found("payment link");
    if token.len() > MAX_TOKEN_CHARS {
        return Err(not_found());
    }
    let mut conn = app.db.read().await?;
    db::payment_links::find_by_token(&mut conn, &sha256_hex(token))
        .await?
        .ok_or_else(not_found)
}

/// 410 once it is used, closed or expired; 409 while somebody completes it.
pub fn check_payable(link: &PaymentLink, now: Timestamp) -> Result<(), ApiError> {
    match link.state {
        LinkState::Completed => Err(used()),
        LinkState::Closed => Err(expired()),
        LinkState::Completing if is_held(link, now) => Err(busy()),
        LinkState::Open if link.expires_at <= now => Err(expired()),
        // One that is being completed was taken in time, by somebody who was cut off.
        LinkState::Completing | LinkState::Open => Ok(()),
    }
}

/// Whether somebody is completing it now.
pub fn is_held(link: &PaymentLink, now: Timestamp) -> bool {
    link.state == LinkState::Completing && link.claimed_until.is_some_and(|until| until > now)
}

/// Where a link stands, in the API's words.
pub fn status(link: &PaymentLink, now: Timestamp) -> &'static str {
    if link.state == LinkState::Open && link.expires_at <= now {
        return "expired";
    }
    link.state.as_str()
}

/// What the link was made with, as the rules of a checkout: the cart's version, the way of shipping and its price.
pub fn as_checkout(link: &PaymentLink, lines: &[Line]) -> Checkout {
    let goods_minor: i64 = lines.iter().fold(0, |sum: i64, line| {
        sum.saturating_add(line.unit_amount_minor.saturating_mul(line.quantity))
    });
    Checkout {
        id: CheckoutId::from_uuid(*link.id.as_uuid()),
        mode: link.mode,
        cart_id: link.cart_id,
        cart_version: link.cart_version,
        amount_minor: link.amount_minor,
        shipping_method_id: link.shipping_method_id,
        // At another version of the cart this is wrong, and nobody gets that far.
        shipping_minor: link.amount_minor.saturating_sub(goods_minor).max(0),
        currency: link.currency,
        contact_sealed: None,
        success_url: None,
        cancel_url: None,
        created_at: link.created_at,
        expires_at: link.expires_at,
    }
}

/// Which row the contact of a link is sealed for.
pub fn row(store_id: StoreId, link: &PaymentLink) -> Row<'static> {
    Row {
        store_id,
        table: "payment_links",
        id: *link.id.as_uuid(),
    }
}

/// Who the link was made for. Addresses never leave for a browser.
pub fn contact(app: &App, link: &PaymentLink) -> Result<Contact, ApiError> {
    let row = row(link.store_id, link);
    Contact::open(&app.vault, row, link.contact_sealed.as_deref())
}

/// 409: somebody completes it at this moment.
pub fn busy() -> ApiError {
    ApiError::conflict(
        "link_busy",
        "This payment link is being completed at this moment. Look again in a few seconds.",
    )
}

/// 410: it has made its order.
pub fn used() -> ApiError {
    ApiError::gone(
        "link_used",
        "This payment link has been paid already. Nothing is charged twice.",
    )
}

/// 410: it cannot be paid any more.
pub fn expired() -> ApiError {
    ApiError::gone(
        "link_expired",
        "This payment link can no longer be paid. Ask the shop for a new one.",
    )
}

/// 409: what it was made for has changed.
pub fn outdated() -> ApiError {
    ApiError::conflict(
        "link_outdated",
        "The cart has changed since this payment link was made. Ask the shop for a new one.",
    )
}
