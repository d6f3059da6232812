//! `/_sandbox/rate_limit` and `/_sandbox/accounts/{id}/standing`: what Stripe decides about an account.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde::Deserialize;
use serde_json::json;

use super::{State, refusal};
use crate::state::Standing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRateLimit {
    /// Null for none.
    per_second: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStanding {
    standing: Standing,
}

pub(super) async fn rate_limit(state: State) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "per_second": state.world().limiter.per_second }))
}

pub(super) async fn set_rate_limit(state: State, body: Json<SetRateLimit>) -> HttpResponse {
    state.world().limiter.per_second = body.per_second;
    HttpResponse::Ok().json(json!({ "per_second": body.per_second }))
}

/// In both modes, as Stripe restricts or closes an account.
pub(super) async fn set_standing(
    state: State,
    id: Path<String>,
    body: Json<SetStanding>,
) -> HttpResponse {
    let mut world = state.world();
    let mut found = false;
    for ledger in world.ledgers.values_mut() {
        if ledger.spec.account_id == *id {
            ledger.standing = body.standing;
            found = true;
        }
    }
    if found {
        HttpResponse::Ok().json(json!({ "account_id": *id, "standing": body.standing }))
    } else {
        refusal(404, "there is no such account")
    }
}
