//! From a checkout token to what it stands for.

use actix_web::HttpRequest;
use db::Conn;
use db::checkouts::Checkout;
use domain::StoreId;
use secrecy::ExposeSecret;

use crate::app::App;
use crate::error::ApiError;
use crate::guards;
use crate::tokens::{CheckoutClaims, TokenError};

/// The checkout whose token the request carries as its bearer token; `None` for other kinds of credential.
pub async fn from_bearer(
    app: &App,
    request: &HttpRequest,
    store_id: StoreId,
) -> Result<Option<Checkout>, ApiError> {
    let Some(token) = guards::bearer(request) else {
        return Ok(None);
    };
    let token = token.expose_secret();
    // Only JWTs have two dots; API keys and order tokens have none.
    if token.bytes().filter(|&b| b == b'.').count() != 2 {
        return Ok(None);
    }
    let claims = app
        .tokens
        .verify_checkout(token, app.now())
        .map_err(refused)?;
    if claims.store_id != store_id {
        return Err(refused(TokenError::Invalid));
    }
    let checkout = load(&mut app.db.read().await?, claims).await?;
    checkout
        .map(Some)
        .ok_or_else(|| refused(TokenError::Invalid))
}

/// The checkout that a valid token names.
pub async fn load(conn: &mut Conn, claims: CheckoutClaims) -> Result<Option<Checkout>, ApiError> {
    Ok(db::checkouts::find(conn, claims.store_id, claims.checkout_id).await?)
}

fn refused(error: TokenError) -> ApiError {
    match error {
        TokenError::Expired => ApiError::gone(
            "checkout_expired",
            "This checkout has expired. Go back to the shop and check out again.",
        ),
        TokenError::Invalid => ApiError::unauthorized(
            "checkout_token_invalid",
            "Send the checkout_token of a checkout of this store.",
        ),
    }
}
