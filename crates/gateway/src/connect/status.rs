//! `GET /stripe/status/{store_id}`: whether a store can take payments; for anyone, from any page.

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use domain::StoreId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::openapi::words;

/// These three and nothing more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicStatus)]
pub(crate) struct StatusReply {
    #[schema(value_type = words::Id)]
    store_id: StoreId,
    has_stripe: bool,
    is_live_mode: bool,
}

/// The store's public status.
pub async fn show_status(app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    let mut response = match load(&app, &path).await {
        Ok(status) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "public, max-age=5"))
            .json(status),
        Err(error) => HttpResponse::from_error(error),
    };
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn load(app: &App, store_id: &str) -> Result<StatusReply, ApiError> {
    let store_id = store_id.parse().map_err(|_| ApiError::not_found("store"))?;
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, store_id)
        .await?
        .ok_or_else(|| ApiError::not_found("store"))?;
    let connection = match store.active_mode {
        Some(mode) => db::connections::find(&mut conn, store_id, mode).await?,
        None => None,
    };
    Ok(StatusReply {
        store_id,
        has_stripe: connection.is_some(),
        is_live_mode: connection.is_some_and(|connection| connection.mode.is_live()),
    })
}
