//! `/_sandbox/webhook_faults`: what the next matching deliveries meet.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde_json::json;

use super::{State, refusal};
use crate::webhooks::NewWebhookFault;

pub(super) async fn add(state: State, fault: Json<NewWebhookFault>) -> HttpResponse {
    match state.world().webhook_faults.add(fault.into_inner()) {
        Ok(fault) => HttpResponse::Created().json(fault),
        Err(problem) => refusal(422, problem),
    }
}

pub(super) async fn list(state: State) -> HttpResponse {
    let world = state.world_unseen();
    HttpResponse::Ok()
        .json(json!({ "seed": world.seed, "webhook_faults": world.webhook_faults.all() }))
}

pub(super) async fn remove(state: State, id: Path<String>) -> HttpResponse {
    if state.world().webhook_faults.remove(&id) {
        HttpResponse::NoContent().finish()
    } else {
        refusal(404, "there is no fault with this id")
    }
}

pub(super) async fn clear(state: State) -> HttpResponse {
    state.world().webhook_faults.clear();
    HttpResponse::NoContent().finish()
}
