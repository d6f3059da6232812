//! For operators and load balancers: is the process alive, can it serve.

pub mod docs;

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::error::ApiError;

/// A rolling update migrates within seconds.
const RETRY_AFTER_S: u64 = 5;

/// `GET /healthz`: the process answers.
pub async fn show_health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers and has this binary's schema. The vault was proven at start.
pub async fn show_readiness(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    if app.db.is_migrated().await? {
        return Ok(HttpResponse::Ok()
            .json(json!({ "status": "ok", "database": "ok", "migrations": "ok", "vault": "ok" })));
    }
    Err(ApiError::unavailable(
        "not_migrated",
        "The database's schema is older than this program: run `tillgate migrate`.",
        RETRY_AFTER_S,
    ))
}
