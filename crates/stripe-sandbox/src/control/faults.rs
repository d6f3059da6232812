//! `/_sandbox/faults`: what the next matching requests meet.

use actix_web::HttpResponse;
use actix_web::web::Json;
use serde_json::json;

use super::{State, refusal};
use crate::faults::Fault;

pub(super) async fn add(state: State, fault: Json<Fault>) -> HttpResponse {
    let fault = fault.into_inner();
    let answer = json!(fault);
    if state.world().faults.add(fault) {
        HttpResponse::Created().json(answer)
    } else {
        refusal(422, "there are too many faults")
    }
}

pub(super) async fn list(state: State) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "faults": state.world().faults.all() }))
}

pub(super) async fn clear(state: State) -> HttpResponse {
    state.world().faults.clear();
    HttpResponse::NoContent().finish()
}
