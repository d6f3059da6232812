//! `GET /api/internal/stores/{store_id}`.

use actix_web::HttpResponse;

use super::store_wire::StoreReply;
use crate::guards::{InternalCaller, RouteStore};

/// One store.
pub async fn show_store(_caller: InternalCaller, RouteStore(store): RouteStore) -> HttpResponse {
    HttpResponse::Ok().json(StoreReply::from(store))
}
