//! `/_sandbox/faults` and `/_sandbox/seed`: what the next matching requests meet.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde::Deserialize;
use serde_json::json;

use super::{State, refusal};
use crate::faults::NewFault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetSeed {
    seed: u64,
}

pub(super) async fn add(state: State, fault: Json<NewFault>) -> HttpResponse {
    match state.world().faults.add(fault.into_inner()) {
        Ok(fault) => HttpResponse::Created().json(fault),
        Err(problem) => refusal(422, problem),
    }
}

pub(super) async fn list(state: State) -> HttpResponse {
    let world = state.world_unseen();
    HttpResponse::Ok().json(json!({ "seed": world.seed, "faults": world.faults.all() }))
}

pub(super) async fn remove(state: State, id: Path<String>) -> HttpResponse {
    if state.world().faults.remove(&id) {
        HttpResponse::NoContent().finish()
    } else {
        refusal(404, "there is no fault with this id")
    }
}

pub(super) async fn clear(state: State) -> HttpResponse {
    state.world().faults.clear();
    HttpResponse::NoContent().finish()
}

pub(super) async fn seed(state: State) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "seed": state.world_unseen().seed }))
}

/// Every rule counts from its first match again, so that what follows can be played again.
pub(super) async fn set_seed(state: State, body: Json<SetSeed>) -> HttpResponse {
    let mut world = state.world();
    world.seed = body.seed;
    world.faults.restart();
    world.webhook_faults.restart();
    HttpResponse::Ok().json(json!({ "seed": world.seed }))
}
