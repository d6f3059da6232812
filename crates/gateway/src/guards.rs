//! Extractors that prove a right. A handler that takes one cannot run without it.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use db::api_keys::ApiKey;
use db::orders::Order;
use domain::StoreId;
use futures_util::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::error::ApiError;

/// Longer credentials are nobody's.
const MAX_CREDENTIAL_CHARS: usize = 2048;

/// SHA-256 in hex: how credentials are stored and compared.
pub fn sha256_hex(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// A capability of 256 random bits, in base64url.
pub fn random_token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The application of a request; registered once at start.
pub fn app(request: &HttpRequest) -> Result<web::Data<App>, ApiError> {
    request
        .app_data::<web::Data<App>>()
        .cloned()
        .ok_or_else(|| ApiError::internal("App is not registered"))
}

/// The token of `Authorization: Bearer …`, if there is one.
pub fn bearer(request: &HttpRequest) -> Option<SecretString> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let well_formed = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && token.len() <= MAX_CREDENTIAL_CHARS;
    well_formed.then(|| SecretString::from(token))
}

/// The store of the route. Whoever holds one knows that the store exists.
#[derive(Debug, Clone)]
pub struct RouteStore(pub db::stores::Store);

impl FromRequest for RouteStore {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = app(request);
        let store_id = request
            .match_info()
            .get("store_id")
            .unwrap_or("")
            .parse::<StoreId>();
        Box::pin(async move {
            let store_id = store_id.map_err(|_| ApiError::not_found("store"))?;
            let mut conn = app?.db.read().await?;
            let store = db::stores::find(&mut conn, store_id).await?;
            store.map(Self).ok_or_else(|| ApiError::not_found("store"))
        })
    }
}

/// Another back-end service of the deployment: knows one of `INTERNAL_SECRETS`.
#[derive(Debug)]
pub struct InternalCaller;

impl FromRequest for InternalCaller {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(check_internal_secret(request))
    }
}

fn check_internal_secret(request: &HttpRequest) -> Result<InternalCaller, ApiError> {
    let app = app(request)?;
    let mut values = request.headers().get_all("X-Internal-Secret");
    let offered = values.next().map_or(&[][..], |value| value.as_bytes());
    let single = values.next().is_none();
    // Hashes have one length, so the comparison takes the same time whatever was offered.
    let offered = Sha256::digest(offered);
    let known = app
        .settings
        .internal_secrets
        .iter()
        .fold(subtle::Choice::from(0), |known, secret| {
            known | offered.ct_eq(&Sha256::digest(secret.expose_secret().as_bytes()))
        });
    if single && bool::from(known) {
        return Ok(InternalCaller);
    }
    Err(ApiError::unauthorized(
        "internal_secret_invalid",
        "Send one of this deployment's INTERNAL_SECRETS in the header X-Internal-Secret.",
    ))
}

/// The merchant's back end: holds an API key of the route's store. Acts on the key's mode.
#[derive(Debug, Clone)]
pub struct StoreKey {
    /// The route's store.
    pub store: db::stores::Store,
    /// The key.
    pub key: ApiKey,
}

impl StoreKey {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> String {
        format!("api_key {}", self.key.id)
    }
}

impl FromRequest for StoreKey {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = app(request);
        let token = bearer(request);
        let store = RouteStore::from_request(request, payload);
        Box::pin(async move {
            let app = app?;
            let Some(token) = token else {
                return Err(missing_api_key());
            };
            // A key of another store learns nothing about this one, not even that it exists.
            let RouteStore(store) = store.await.map_err(|error| match error.status().as_u16() {
                404 => missing_api_key(),
                _ => error,
            })?;
            let key = find_api_key(&app, store.id, &token).await?;
            key.map(|key| Self { store, key })
                .ok_or_else(missing_api_key)
        })
    }
}

/// An API key of the route's store, if the caller sent one. A wrong key is refused, not ignored.
#[derive(Debug, Clone)]
pub struct MaybeStoreKey(pub Option<ApiKey>);

impl FromRequest for MaybeStoreKey {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let offers_key =
            bearer(request).is_some_and(|token| token.expose_secret().starts_with("tgk_"));
        let key = StoreKey::from_request(request, payload);
        Box::pin(async move {
            if offers_key {
                key.await.map(|caller| Self(Some(caller.key)))
            } else {
                Ok(Self(None))
            }
        })
    }
}

fn missing_api_key() -> ApiError {
    ApiError::unauthorized(
        "api_key_invalid",
        "Send an API key of this store: Authorization: Bearer tgk_…",
    )
}

/// The store's API key that this token is, if it is one.
pub async fn find_api_key(
    app: &App,
    store_id: StoreId,
    token: &SecretString,
) -> Result<Option<ApiKey>, ApiError> {
    let token = token.expose_secret();
    if !token.starts_with("tgk_") {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
    Ok(db::api_keys::find_by_hash(&mut conn, store_id, &sha256_hex(token)).await?)
}

/// Whether this token is the order's own.
pub fn is_order_token(order: &Order, token: &SecretString) -> bool {
    let offered = sha256_hex(token.expose_secret());
    bool::from(offered.as_bytes().ct_eq(order.token_hash.as_bytes()))
}
