//! `/_sandbox/requests`: what reached the API, oldest first.

use actix_web::HttpResponse;
use serde_json::json;

use super::State;

pub(super) async fn list(state: State) -> HttpResponse {
    let world = state.world_unseen();
    let requests: Vec<_> = world.requests.iter().collect();
    HttpResponse::Ok().json(json!({ "requests": requests }))
}

pub(super) async fn clear(state: State) -> HttpResponse {
    state.world().requests.clear();
    HttpResponse::NoContent().finish()
}
