//! `POST /api/internal/stores/{store_id}/connect-links`: a connect URL with a single-use token, for a platform's
//! "Connect payments" button.

use actix_web::{HttpResponse, web};
use domain::StoreId;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ACTOR;
use super::store_wire::invalid;
use crate::app::App;
use crate::connect::visit::parse_return_url;
use crate::error::ApiError;
use crate::guards::InternalCaller;
use crate::json::OptionalJson;
use crate::tokens::{CONNECT_TOKEN_LIFE, ConnectClaims};

/// Where the merchant's browser goes afterwards; the success page unless told.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewConnectLink)]
pub struct ConnectLinkFields {
    #[schema(format = "uri", max_length = 2048)]
    return_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectLink)]
pub(crate) struct ConnectLinkReply {
    url: String,
    expires_at: Timestamp,
}

/// Makes a connect link.
pub async fn create_connect_link(
    _caller: InternalCaller,
    app: web::Data<App>,
    path: web::Path<String>,
    OptionalJson(fields): OptionalJson<ConnectLinkFields>,
) -> Result<HttpResponse, ApiError> {
    let store_id = path.parse().map_err(|_| ApiError::not_found("store"))?;
    let (url, expires_at) = mint(&app, store_id, fields.return_url.as_deref()).await?;
    Ok(HttpResponse::Created().json(ConnectLinkReply { url, expires_at }))
}

/// Mints a connect URL for a store and tells when it expires.
pub async fn mint(
    app: &App,
    store_id: StoreId,
    return_url: Option<&str>,
) -> Result<(String, Timestamp), ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let store = db::stores::find(&mut tx, store_id)
        .await?
        .ok_or_else(|| ApiError::not_found("store"))?;
    let return_url = return_url
        .map(|text| parse_return_url(app, &store, text))
        .transpose();
    let return_url = return_url
        .map_err(|error| invalid("return_url", format_args!("is not accepted: {error}")))?;
    let token_id = Uuid::new_v4();
    let token = app
        .tokens
        .mint_connect(ConnectClaims { store_id, token_id }, now)
        .map_err(ApiError::internal)?;
    let expires_at = expiry(now);
    db::connect_tokens::insert(&mut tx, store_id, token_id, expires_at, now).await?;
    db::audit::record(
        &mut tx,
        store_id,
        ACTOR,
        "connect_link.created",
        &token_id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("store_id", &store_id.to_string())
        .append_pair("token", token.expose_secret());
    if let Some(return_url) = &return_url {
        query.append_pair("return_url", return_url.as_str());
    }
    Ok((
        format!(
            "{}?{}",
            app.settings.public("/stripe/connect"),
            query.finish()
        ),
        expires_at,
    ))
}

/// In whole seconds, as in the token.
fn expiry(now: Timestamp) -> Timestamp {
    let life_s = CONNECT_TOKEN_LIFE.as_secs();
    Timestamp::from_second(now.as_second().saturating_add(life_s)).unwrap_or(Timestamp::MAX)
}
