//! `/_sandbox/accounts`: accounts that appear while the sandbox runs.

use actix_web::HttpResponse;
use actix_web::web::Json;
use serde_json::{Value, json};

use super::{State, refusal};
use crate::config::AccountSpec;

pub(super) async fn add(state: State, spec: Json<AccountSpec>) -> HttpResponse {
    let now = state.now();
    match state.world().add_account(spec.into_inner(), now) {
        Ok(key) => HttpResponse::Created()
            .json(json!({ "account_id": key.account_id, "livemode": key.livemode })),
        Err(problem) => refusal(422, problem),
    }
}

/// The accounts with their keys: they are made up, and people copy them from here.
pub(super) async fn list(state: State) -> HttpResponse {
    let world = state.world_unseen();
    let accounts: Vec<Value> = world
        .ledgers
        .values()
        .map(|ledger| {
            json!({
                "account_id": ledger.spec.account_id,
                "business_name": ledger.spec.business_name,
                "publishable_key": ledger.spec.publishable_key,
                "secret_key": ledger.spec.secret_key,
                "livemode": ledger.livemode,
                "delivery_mode": ledger.delivery_mode,
                "standing": ledger.standing,
            })
        })
        .collect();
    HttpResponse::Ok().json(json!({ "accounts": accounts }))
}
